#!/bin/sh
# runs.sh: a comparison of the runs in a file: its table and results, faults of the file, what fails and what is
# interrupted on the way.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_data other
text="text --encoder $encoder --lr 1e-3 --batch-size 8 --epochs 2"

# file NAME: writes a file of runs from standard input, with TEXT and DATA replaced.
file() { sed "s|TEXT|$text|g; s|ENCODER|$encoder|g; s|DATA|--data data|g" >"$1"; }
# compare FILE OUT [OPTION...]
compare() {
  of=$1 to=$2
  shift 2
  "$mer" compare --runs "$of" --out "$to" -q --checkpoint-every 0 "$@"
}
# results OUT: without what tells of time and place.
results() {
  sed 's/"seconds": *[^,}]*//g; s/"command": *"[^"]*"//; s/"created": *"[^"]*"//' "$1/results.json" | sed "s/$1//g"
}

file runs.json <<'END'
{
 "title": "Four of them", "note": "Made for a test.",
 "data": {"small": "DATA"},
 "runs": {
  "text": "TEXT",
  "audio": "audio --lr 1e-3 --epochs 2",
  "both": "fusion --encoder run:text --lr 1e-3 --epochs 3",
  "apart.2": "fusion --encoder ENCODER --fusion late --lr 1e-3 --epochs 2"
 },
 "seeds": [3, 8],
 "baseline": "text"
}
END
expect 0 compare runs.json whole
cp out table
prints "Made for a test."
prints "both - text ("
prints "best single modality"
[ "$(grep -c '^both  ' out)" -eq 3 ] || fail "not in the tables of F1, recall and all: both"
[ ! -e whole/unfinished.json ] || fail "whole/unfinished.json is left"
for model in text audio both apart.2; do
  for seed in 3 8; do [ -s "whole/models/small/$model-seed$seed/model.safetensors" ] || fail "no $model, seed $seed"; done
done
# A model is that which `mer train` makes of the same words.
# shellcheck disable=SC2086 # a list of words
expect 0 "$mer" train $text --data data --out single --seed 8 -q
cmp -s single/model.safetensors whole/models/small/text-seed8/model.safetensors || fail "mer train makes another model"
expect 0 "$mer" train fusion --encoder single --lr 1e-3 --epochs 3 --data data --out both --seed 8 -q
cmp -s both/model.safetensors whole/models/small/both-seed8/model.safetensors || fail "run:text is another encoder"
# Its measures are those of `mer eval`.
expect 0 "$mer" eval single --data data --json -q
f1=$(grep -o '"weighted_f1":[^,]*' out | head -n 1)
tr -d ' \n' <whole/results.json | grep -qF "$f1" || fail "mer eval has another $f1"
for word in parts comparisons mcnemar best_single_modality baseline failures; do
  grep -q "\"$word\"" whole/results.json || fail "results.json without $word"
done
expect 0 "$mer" compare --runs runs.json --out json -q --json
"$json_lines" <<-END || fail "--json is not JSON"
	$(tr -d '\n' <out)
END

# Only if it is asked for, disturbed rows and the surest mistakes of each run's first seed; all else stays.
for word in '"robustness"' '"examples"'; do
  ! grep -qF "$word" whole/results.json || fail "results.json has $word though nobody asked"
done
expect 0 compare runs.json shown --robustness --examples=3
[ "$(sed s/shown/whole/ out)" = "$(cat table)" ] || fail "--robustness changes the table"
[ "$(tr -d ' \n' <shown/results.json | grep -o '"robustness":\[' | wc -l)" -eq 4 ] || fail "not the first seed of each run"
[ "$(tr -d ' \n' <shown/results.json | grep -o '"examples":\[' | wc -l)" -eq 4 ] || fail "not the examples of each run"
[ "$(grep -c 'class="example"' shown/report.html)" -le 12 ] || fail "more than three examples of a run"
[ "$(grep -c '<h2>Robustness, test split</h2>' shown/report.html)" -eq 1 ] || fail "not one section on robustness"
[ "$(grep -c '<h2>Surest mistakes, test split</h2>' shown/report.html)" -eq 1 ] || fail "not one section on mistakes"
grep -q '</span>apart.2, seed 3</h3>' shown/report.html || fail "a section does not say which run and seed it is of"
! grep -Eo 'src="[^"]{5}' shown/report.html | grep -v 'src="data:' || fail "the page asks for something from outside"
# They are those of `mer eval`.
expect 0 "$mer" eval whole/models/small/both-seed3 --data data --robustness --json -q
f1s=$(grep -o '"robustness".*' out | grep -o '"weighted_f1":[0-9][0-9.]*' | tr '\n' ' ')
[ "$(echo "$f1s" | wc -w)" -eq 13 ] || fail "mer eval: $f1s"
tr -d ' \n' <shown/results.json | sed 's/"run":/\n&/g' | grep '^"run":"both"' | grep -o '"robustness":.*' |
  grep -o '"weighted_f1":[0-9][0-9.]*' | head -n 13 | tr '\n' ' ' >measured
[ "$(cat measured)" = "$f1s" ] || fail "mer eval has $f1s, the comparison $(cat measured)"
wrong_usage "--examples takes a whole number from 0 to 100" compare runs.json refused --examples=101
for option in --robustness --examples=3; do
  wrong_usage "${option%=*} needs --runs" "$mer" compare --data data --encoder "$encoder" --out refused "$option"
done

# Several data sets, several tests, models across them.
file cross.json <<'END'
{"data": {"a": "DATA", "b": "--data other/manifest.csv"},
 "runs": {"text": "TEXT"},
 "test": {"here": "DATA", "there": "--data other --split dev"}}
END
expect 0 compare cross.json cross --examples=1
prints "here: data, test split"
prints "there: other, dev split"
prints "text, a"
prints "text, b"
[ "$(grep -c 'class="part"' cross/report.html)" -eq 2 ] || fail "not two parts in the report"
[ "$(tr -d ' \n' <cross/results.json | grep -o '"examples":\[' | wc -l)" -eq 4 ] || fail "not the examples of both models on both tests"

# Runs that differ in their training rows alone are a learning curve.
file curve.json <<'END'
{"data": {"a": "DATA"}, "runs": {"few": "TEXT --limit 12", "all": "TEXT"}}
END
expect 0 compare curve.json curve
grep -q "<h2>Learning curves, test split</h2>" curve/report.html || fail "no learning curve"
! grep -q "<h2>Learning curves" whole/report.html || fail "a learning curve of nothing"

# A run that learns from one above it, of the same seed, and from another model.
file taught.json <<'END'
{"data": {"a": "DATA"}, "seeds": [8],
 "runs": {"text": "TEXT", "pupil": "audio --epochs 2 --teacher run:text --teacher both"}}
END
expect 0 compare taught.json taught
expect 0 "$mer" train audio --epochs 2 --teacher single --teacher both --data data --out pupil --seed 8 -q
cmp -s pupil/model.safetensors taught/models/a/pupil-seed8/model.safetensors || fail "run:text is another teacher"

# Faults of the file: line, what was expected; before any training.
# bad MESSAGE: of the file on standard input.
bad() {
  file bad.json
  fails_with "$1" compare bad.json refused
  [ ! -e refused/models ] || fail "something was trained in spite of: $1"
}
bad "bad.json:2: expected ','" <<'END'
{"data": {"a": "DATA"}
 "runs": {"text": "TEXT"}}
END
bad "bad.json:2: \"rnus\": expected title, note, data, test, runs, seeds or baseline" <<'END'
{"data": {"a": "DATA"},
 "rnus": {"text": "TEXT"}}
END
bad "bad.json:3: 'text' stands in 'runs' twice, first in line 2" <<'END'
{"data": {"a": "DATA"}, "runs": {
 "text": "TEXT",
 "text": "TEXT"}}
END
# of_run MESSAGE WORDS: the run of the words, in line 2.
of_run() {
  printf '{"data": {"a": "DATA"},\n "runs": {"text": "%s"}}' "$2" | bad "bad.json:2: 'text': $1"
}
of_run "'--epochz' is not an option" "TEXT --epochz 3"
of_run "'--l' may be one of several options" "TEXT --l 3"
of_run "'--out' is not an option" "TEXT --out x"
of_run "'--seed' is not an option" "TEXT --seed 3"
of_run "'--data' is not an option" "TEXT --data x"
of_run "--help is of the command line" "TEXT --help"
of_run "--speech-encoder does not apply to text" "TEXT --speech-encoder crnn"
of_run "'txt' is not a kind of model" "txt"
of_run "expected one kind of model" ""
of_run "--lr takes a number from 1e-12 to 1, not '7'" "audio --lr 7"
of_run "expected ' at the end of '--note=a b c'" "audio --note='a b c"
of_run "'--epochs' lacks its value" "audio --epochs"
of_run "epochs: 10001, a report shows at most 10000" "audio --epochs 10001"
of_run "modality 'audio' is named twice" "fusion --modalities audio,audio"
of_run "--encoder run:no: expected the name of a run that stands before this one" "fusion --encoder run:no"
bad "bad.json:2: 'both': --encoder run:audio: that run has no --encoder" <<'END'
{"data": {"a": "DATA"}, "runs": {"audio": "audio",
 "both": "fusion --encoder run:audio"}}
END
of_run "data/manifest.csv: no row to train on has an image" "image --image-encoder cnn"
of_run "no features of 'gaze' in data: expected gaze.npy or gaze/{train,dev,test}.npy" "fusion --encoder ENCODER --modalities text,gaze"
of_run "nowhere" "audio --teacher nowhere"
of_run "teacher run:text: expected the name of a run that stands before this one" "audio --teacher run:text"
bad "bad.json:1: 'a': nowhere: " <<'END'
{"data": {"a": "--data nowhere"}, "runs": {"audio": "audio"}}
END
bad "bad.json:1: 'text': nowhere" <<'END'
{"data": {"a": "DATA"}, "runs": {"text": "text --encoder nowhere"}}
END
bad "bad.json:2: 'b': expected --data PATH" <<'END'
{"data": {"a": "DATA",
 "b": "--labels x"}, "runs": {"audio": "audio"}}
END
bad "bad.json:1: 'baseline': 'b' is not one of the runs" <<'END'
{"data": {"a": "DATA"}, "runs": {"audio": "audio"}, "baseline": "b"}
END
bad "bad.json:1: 'seeds': 4 is given twice" <<'END'
{"data": {"a": "DATA"}, "runs": {"audio": "audio"}, "seeds": [4, 3, 4]}
END
bad "bad.json:1: 'a b' is not a name" <<'END'
{"data": {"a b": "DATA"}, "runs": {"audio": "audio"}}
END
bad "bad.json:2: expected 'data'" <<'END'
{"runs": {"audio": "audio"}}
END
mkdir wordless
printf 'split,label\ntrain,joy\ntrain,anger\ntest,joy\n' >wordless/manifest.csv
bad "bad.json:1: 'text': wordless/manifest.csv: no row to train on has a text" <<'END'
{"data": {"a": "--data wordless"}, "runs": {"text": "TEXT --keep last"}}
END
bad "bad.json:1: 'audio': wordless/manifest.csv: no row to train on has a clip" <<'END'
{"data": {"a": "--data wordless"}, "runs": {"audio": "audio --keep last"}}
END
bad "nowhere.npy: no such file of features" <<'END'
{"data": {"a": "DATA --features audio=nowhere.npy"}, "runs": {"audio": "audio"}}
END
head -c 576 /dev/zero | small_array zeros.npy
head -c 700 zeros.npy >cut.npy
bad "bad.json:1: 'audio': cut.npy: " <<'END'
{"data": {"a": "DATA --features audio=cut.npy"}, "runs": {"audio": "audio"}}
END
head -c 560 /dev/zero | small_array few.npy
LC_ALL=C sed -i 's/(36, 4)/(35, 4)/' few.npy
bad "bad.json:1: 'audio': few.npy: 35 rows, expected 36 as in data/manifest.csv" <<'END'
{"data": {"a": "DATA --features audio=few.npy"}, "runs": {"audio": "audio"}}
END
bad "bad.json:2: 'crnn': 'audio' is heard by an encoder of sound, and cannot be precomputed" <<'END'
{"data": {"a": "DATA --features audio=zeros.npy"}, "runs": {"audio": "audio",
 "crnn": "audio --speech-encoder crnn"}}
END
mkdir seen
printf 'split,image,label\ntrain,a.png,joy\ntrain,a.png,anger\ntest,a.png,joy\n' >seen/manifest.csv
bad "bad.json:1: 'face': ./nowhere/config.json: " <<'END'
{"data": {"a": "--data seen --face-detector ./nowhere"}, "runs": {"face": "image --image-encoder cnn --keep last"}}
END
bad "features 'video=huge.npy': no run has such a modality" <<'END'
{"data": {"a": "DATA --features video=huge.npy"}, "runs": {"audio": "audio"}}
END
bad "bad.json:1: 'a': --face-detector does not apply to these runs" <<'END'
{"data": {"a": "DATA --face-detector ./nowhere"}, "runs": {"text": "TEXT", "audio": "audio"}}
END
bad "models of one label are compared" <<'END'
{"data": {"a": "DATA --target labels"}, "runs": {"audio": "audio"}}
END
bad "bad.json:1: 't': " <<'END'
{"data": {"a": "DATA"}, "runs": {"audio": "audio"}, "test": {"t": "--data nowhere"}}
END
bad "bad.json:1: 't': data/manifest.csv: other labels than the data 'a' has" <<'END'
{"data": {"a": "DATA"}, "runs": {"audio": "audio"}, "test": {"t": "--data data/manifest.csv --labels sadness,joy,anger"}}
END
fails_with "nowhere.json: " compare nowhere.json refused
wrong_usage "--data does not apply to --runs: the file says it" compare runs.json refused --data=data
wrong_usage "--seed does not apply to --runs: the file says it" compare runs.json refused --seed=3
wrong_usage "--out is needed" "$mer" compare --runs runs.json

# Clips of the test that are missing are told, once.
cp -r data deaf
rm deaf/test_low.wav
file deaf.json <<'END'
{"data": {"a": "--data deaf"}, "seeds": [0, 1], "runs": {"text": "TEXT", "one": "audio --epochs 1", "two": "audio --epochs 2"}}
END
expect 0 "$mer" compare --runs deaf.json --out deaf-out
[ "$(grep -c 'deaf/test_low.wav: missing file' err)" -eq 1 ] || { fail "not told once"; cat err; }

# A run that fails is recorded, as is one that stands on it; the others go on. 36 rows of four values that are too large.
for _ in $(seq 144); do printf '\010\217\241\157'; done | small_array huge.npy
file fails.json <<'END'
{"data": {"a": "DATA --features audio=huge.npy"}, "seeds": [0, 1],
 "runs": {"text": "TEXT", "wild": "fusion --encoder ENCODER --no-standardize --batch-size 2", "upon": "text --encoder run:wild",
 "pupil": "TEXT --teacher run:wild"}}
END
expect 1 compare fails.json fails
says "mer: trainings that failed: 6 of 8"
prints "its teacher, the model of wild, has failed"
prints "failed: wild on a, seed 0: "
prints "not finite"
grep -q '^text  ' out || fail "the run that has not failed has no row"
grep -q '"run": "wild"' fails/results.json || fail "results.json does not tell of the failure"
grep -q 'wild' fails/report.html || fail "the report does not tell of the failure"
# What has failed is tried again, without what is whole.
grep -v '^failed: wild' out >failed
cp -p fails/models/a/text-seed0/model.safetensors kept
fails_with "fails/unfinished.json: tells of an interrupted comparison: --resume goes on with it" compare fails.json fails
expect 1 compare fails.json fails --resume
says "mer: trainings that failed: 6 of 8"
prints "not finite in 20 steps"
[ "$(grep -v '^failed: wild' out)" = "$(cat failed)" ] || { fail "another table"; diff out failed; }
[ "$(stat -c %y kept)" = "$(stat -c %y fails/models/a/text-seed0/model.safetensors)" ] || fail "a whole model was trained again"

# An interrupted comparison, here with all that can be asked for, goes on to the same bytes: Ctrl-C and power cuts, in the first training and between others.
fails_with "there is no interrupted comparison to resume" compare runs.json halves --resume
# finished OUT: trainings that are.
finished() { grep -o '"run":' "$1/unfinished.json" 2>/dev/null | wc -l; }
resume=""
for plan in 0:INT 2:KILL 5:INT; do
  # shellcheck disable=SC2086
  $heeding "$mer" compare --runs runs.json --out halves -q --checkpoint-every 0 --robustness --examples 3 $resume >out 2>err &
  process=$!
  for _ in $(seq 3000); do
    [ "$(finished halves)" -ge "${plan%:*}" ] && ls halves/models/small/*.partial/checkpoint.safetensors >/dev/null 2>&1 && break
    kill -0 $process 2>/dev/null || break
    sleep 0.01
  done
  kill -"${plan#*:}" $process 2>/dev/null || fail "$plan: the comparison ended too early"
  ends_by "${plan#*:}"
  [ "${plan#*:}" = KILL ] || says "mer: interrupted; halves holds what was done: run the same command with --resume to go on"
  [ -s halves/unfinished.json ] || fail "$plan: nothing tells of the interruption"
  fails_with "halves/unfinished.json: tells of an interrupted comparison" compare runs.json halves
  resume=--resume
done
sed 's/late --lr 1e-3 --epochs 2/late --lr 1e-3 --epochs 4/' runs.json >changed.json
fails_with "cannot resume: the interrupted run had run apart.2 " compare changed.json halves --resume
sed 's/\[3, 8\]/[3, 9]/' runs.json >changed.json
fails_with "cannot resume: the interrupted run had seeds [3,8], this one seeds [3,9]" compare changed.json halves --resume
cp -r halves forged
cp -r halves halves.shown
# A finished model that is damaged, or scores behind a link, are no failed trainings: what was done is kept.
removed=$(find halves/models/small -mindepth 1 -maxdepth 1 ! -name '*.partial' | sort | head -n 1)
cp -r halves damaged
truncate -s 2000 "damaged${removed#halves}/model.safetensors"
fails_with "damaged${removed#halves}: is not the model that was trained here: put that back" compare runs.json damaged --resume
[ -s damaged/unfinished.json ] || fail "a damaged model ends what was done"
# So is one that has changed: models that stand on it would be others, and some of them are whole.
rm -r "damaged${removed#halves}"
cp -r "$removed" "damaged${removed#halves}"
sed -i 's/"labels"/"temperature": 2, "labels"/' "damaged${removed#halves}/config.json"
fails_with "damaged${removed#halves}: is not the model that was trained here: put that back" compare runs.json damaged --resume
cp -r halves linked
mv linked/unfinished.scores elsewhere
ln -s ../elsewhere linked/unfinished.scores
fails_with "unfinished.scores: is a link" compare runs.json linked --resume
[ -s linked/unfinished.json ] || fail "a link ends what was done"
# One that somebody has removed is trained again.
rm -r "$removed"
expect 0 compare runs.json halves --resume --robustness --examples=3
[ "$(sed s/halves/whole/ out)" = "$(cat table)" ] || { fail "another table"; diff out table; }
results shown >a
results halves >b
cmp -s a b || { fail "another results.json"; diff a b | cut -c1-300 | head -n 5; }
for model in whole/models/small/*; do
  cmp -s "$model/model.safetensors" "halves/models/small/$(basename "$model")/model.safetensors" || fail "$model is another model"
done
[ "$(ls halves halves/models/small)" = "$(ls whole whole/models/small | sed s/whole/halves/)" ] || { fail "other files"; ls -a halves halves/models/small; }

# What finished models have answered is not asked again: other scores in their place are other results.
[ -e forged/unfinished.scores ] || fail "no answers are kept"
cp -r forged astray
echo mine >mine.csv
for scores in astray/unfinished.scores/*.npy; do ln -sf ../../mine.csv "$scores"; done
expect 0 "$mer" compare --runs runs.json --out astray --resume --robustness --examples=3
says ".npy: is in the way and not mer's"
[ "$(cat mine.csv)" = mine ] || fail "scores went to a file of somebody else"
results astray >b
cmp -s a b || { fail "a link in the place of scores changes the results"; diff a b | cut -c1-300 | head -n 5; }
for scores in forged/unfinished.scores/*.npy; do
  { head -c 256 "$scores"; tail -c +257 "$scores" | tr -c '\000' '\000'; } >zeros && mv zeros "$scores"
done
expect 0 compare runs.json forged --resume --robustness --examples=3
results forged >b
! cmp -s a b || fail "finished models were asked again"
[ ! -e forged/unfinished.scores ] || fail "forged/unfinished.scores is left"

# Vectors and encoders that have changed meanwhile are not those of the models that are finished.
head -c 576 /dev/zero | small_array vectors.npy
cp vectors.npy others.npy
cp -r "$encoder" own
file vectors.json <<'END'
{"data": {"a": "DATA --features audio=vectors.npy", "b": "DATA --features audio=others.npy"}, "runs": {"audio": "audio --epochs 10000",
 "text": "text --encoder own --lr 1e-3 --teacher single"}}
END
"$mer" compare --runs vectors.json --out vectors -q >out 2>err &
process=$!
for _ in $(seq 3000); do
  [ -s vectors/unfinished.json ] && break
  kill -0 $process 2>/dev/null || break
  sleep 0.01
done
kill -KILL $process 2>/dev/null || { fail "the comparison ended too early"; cat err; }
wait $process 2>/dev/null
for changed in vectors.npy others.npy own/model.safetensors single/config.json; do
  cp $changed kept
  case $changed in
    *.json) sed 's/"labels"/ "labels"/' kept >$changed ;;
    *) printf 'a' | dd of=$changed bs=1 seek=200 conv=notrunc 2>/dev/null ;;
  esac
  fails_with "cannot resume: ${changed%/*} has changed since the interrupted run, or is gone" compare vectors.json vectors --resume
  mv kept $changed
done
echo words >own/README.md # is not read
mv others.npy gone.npy
fails_with "others.npy: no such file of features" compare vectors.json vectors --resume
mv gone.npy others.npy
# What is not read may change, and with the vectors that it began with it goes on.
printf 'a' >data/image.npy
$heeding "$mer" compare --runs vectors.json --out vectors -q --resume >out 2>err &
process=$!
sleep 0.5
kill -INT $process 2>/dev/null || { fail "the comparison does not go on with the same vectors"; cat err; }
wait $process 2>/dev/null
says "mer: interrupted; vectors holds what was done"
rm data/image.npy

# A disk that is full, here a limit on the size of files, ends it in a way that it can go on from: text models are small.
file disk.json <<'END'
{"data": {"a": "DATA"}, "runs": {"text": "TEXT", "audio": "audio --lr 1e-3 --epochs 2"}}
END
expect 0 compare disk.json room
fails_with "limit on files" sh -c "ulimit -f 9000; exec '$mer' compare --runs disk.json --out disk -q"
[ "$(finished disk)" -eq 1 ] || fail "the model that was finished is not kept"
expect 0 compare disk.json disk --resume
results room >a
results disk >b
cmp -s a b || fail "another results.json after the limit"
finish
