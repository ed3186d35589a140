#!/bin/sh
# compare.sh: an interrupted comparison goes on with --resume, to the same bytes; without it, it is not overwritten.
. "$(dirname "$0")/cli_test.sh"
small_data data
cp -r "$encoder" own
encoder=own

compare() {
  compare_out=$1
  shift
  "$mer" compare --data data --encoder "$encoder" --out "$compare_out" --seeds 2 --text-epochs 12 --epochs 12 --text-lr 1e-3 \
    --lr 1e-3 --batch-size 4 --text-batch-size 4 "$@"
}
# results OUT: without what tells of time and place.
results() {
  sed 's/"seconds": *[^,}]*//g; s/"command": *"[^"]*"//; s/"created": *"[^"]*"//' "$1/results.json" | sed "s/$1//g"
}
# finished OUT: trainings that are.
finished() { grep -o '"run"' "$1/unfinished.json" 2>/dev/null | wc -l; }

expect 0 compare whole -q
cp out table
[ ! -e whole/unfinished.json ] || fail "whole/unfinished.json is left"
fails_with "there is no interrupted comparison to resume" compare whole --resume
fails_with "there is no interrupted comparison to resume" compare other --resume

# Stopped in the first training, between others and in the last, by Ctrl-C and by a power cut.
resume=""
for plan in 0:INT 1:KILL 2:INT 5:KILL 7:INT; do
  # shellcheck disable=SC2086
  $heeding "$mer" compare --data data --encoder "$encoder" --out parts --seeds 2 --text-epochs 12 --epochs 12 --text-lr 1e-3 \
    --lr 1e-3 --batch-size 4 --text-batch-size 4 --checkpoint-every 0 $resume >out 2>err &
  process=$!
  for _ in $(seq 3000); do
    [ "$(finished parts)" -ge "${plan%:*}" ] && ls parts/models/*.partial/checkpoint.safetensors >/dev/null 2>&1 && break
    kill -0 $process 2>/dev/null || break
    sleep 0.01
  done
  kill -"${plan#*:}" $process 2>/dev/null || fail "$plan: the comparison ended too early"
  ends_by "${plan#*:}"
  [ "${plan#*:}" = KILL ] || says "mer: interrupted; parts holds what was done: run the same command with --resume to go on"
  [ -s parts/unfinished.json ] || fail "$plan: nothing tells of the interruption"
  [ "$(finished parts)" -lt 8 ] || fail "$plan: all were trained"
  fails_with "parts/unfinished.json: tells of an interrupted comparison: --resume goes on with it" compare parts
  resume=--resume
done
before=$(cksum <parts/unfinished.json)
fails_with "had audio.lr 0.001, this one audio.lr 0.01" compare parts --resume --lr 1e-2
fails_with "had seeds 2, this one seeds 3" compare parts --resume --seeds 3
sed 's/what a lovely day 3/what a fine day 3/' data/manifest.csv >data/changed.csv
fails_with "parts/unfinished.json: cannot resume: the table of the rows has changed since" compare parts --resume --data data/changed.csv
cp own/vocab.txt kept
echo '[more]' >>own/vocab.txt
fails_with "parts/unfinished.json: cannot resume: own has changed since the interrupted run, or is gone" compare parts --resume
fails_with "had audio.lr 0.001, this one audio.lr 0.01" compare parts --resume --lr 1e-2
mv kept own/vocab.txt
[ "$(cksum <parts/unfinished.json)" = "$before" ] || fail "refusing changed the state"
expect 0 compare parts --resume -q
[ "$(sed s/parts/whole/ out)" = "$(cat table)" ] || { fail "another table"; diff out table; }
results whole >a
results parts >b
cmp -s a b || { fail "another results.json"; diff a b | cut -c1-300 | head -n 5; }
for model in whole/models/*; do
  name=$(basename "$model")
  cmp -s "$model/model.safetensors" "parts/models/$name/model.safetensors" || fail "$name is another model"
done
[ "$(ls parts parts/models)" = "$(ls whole whole/models | sed s/whole/parts/)" ] || { fail "other files"; ls -a parts parts/models; }

# A model's directory may be a link; its state is found again.
mkdir -p linked/models elsewhere
ln -s ../../elsewhere/model linked/models/text-seed0
"$mer" compare --data data --encoder "$encoder" --out linked --text-epochs 10000 --checkpoint-every 0 >out 2>err &
process=$!
kill_when_saved elsewhere/model
$heeding "$mer" compare --data data --encoder "$encoder" --out linked --text-epochs 10000 --checkpoint-every 0 --resume >out 2>err &
process=$!
for _ in $(seq 3000); do
  grep -q '"event":"resume"' elsewhere/model.partial/train.jsonl && break
  kill -0 $process 2>/dev/null || break
  sleep 0.01
done
grep -q '"event":"resume"' elsewhere/model.partial/train.jsonl || fail "the state beside the target of a link was not resumed"
kill -INT $process
wait $process 2>/dev/null
# Without what tells of it, nothing is resumed, and no state is lost either: that of a training that runs, and the
# same when it has been stopped.
rm linked/unfinished.json
short="--data data --encoder $encoder --text-epochs 1 --epochs 1 -q"
# shellcheck disable=SC2086 # a list of words
{
  fails_with "elsewhere/model.partial/checkpoint.safetensors: is the state of a training that this comparison did not begin" \
    "$mer" compare $short --out linked
  [ -s elsewhere/model.partial/checkpoint.safetensors ] || fail "the state of a training is gone"
  [ ! -e linked/unfinished.json ] || fail "a refused comparison tells of itself"
  rm -r elsewhere/model.partial
  expect 0 "$mer" compare $short --out linked
  $heeding "$mer" train text --data data --encoder "$encoder" --out busy/models/text-seed0 --epochs 100000 --checkpoint-every 0 >/dev/null 2>&1 &
  process=$!
  until_saved busy/models/text-seed0
  kill -STOP $process
  fails_with "busy/models/text-seed0.partial/checkpoint.safetensors: is the state of a training" "$mer" compare $short --out busy
  [ -s busy/models/text-seed0.partial/checkpoint.safetensors ] || fail "the state of a running training was lost"
  kill -INT $process
  kill -CONT $process
  wait $process 2>/dev/null
  [ ! -e busy/unfinished.json ] || fail "a refused comparison beside a training tells of itself"
}

# What fails before it has done anything leaves nothing to resume.
expect 1 "$mer" compare --data data --encoder nowhere --out none
[ ! -e none/unfinished.json ] || fail "none/unfinished.json is left"

# A file where answers would be kept is refused before the first training, and stays.
mkdir taken
echo mine >taken/unfinished.scores
# shellcheck disable=SC2086 # a list of words
fails_with "taken/unfinished.scores: cannot make the folder: a file has that name" "$mer" compare $short --out taken
[ ! -e taken/unfinished.json ] && [ -z "$(ls taken/models)" ] || fail "trained where no answers can be kept"
[ "$(cat taken/unfinished.scores)" = mine ] || fail "replaced a file of somebody else"

wrong_usage "--face-detector does not apply" \
  "$mer" compare --data data --encoder "$encoder" --out faces --face-detector ./nowhere

# Epochs that no report can show.
for option in --epochs --text-epochs; do
  wrong_usage "$option takes a whole number from 1 to 10000, not '10001'" "$mer" compare --data data --encoder "$encoder" --out long $option 10001
done

# A report is UTF-8: a note that is not is refused before the first training, a path is told as far as it can be.
# shellcheck disable=SC2086 # a list of words
fails_with "the note of a report is not UTF-8" "$mer" compare $short --out latin --note "$(printf 'caf\351')"
[ ! -e latin ] || fail "trained for a note that no report can hold"
cp -r data "$(printf 'd\351')"
expect 0 "$mer" compare --data "$(printf 'd\351')" --encoder "$encoder" --out latin --text-epochs 1 --epochs 1 -q
grep -q '"path": "d?"' latin/results.json || fail "another path: $(grep '"path"' latin/results.json)"
# Where a setting holds the path, it cannot be.
sed 's/,[a-z_]*\.wav//; s/,audio//' data/manifest.csv >"$(printf 'd\351')/manifest.csv"
head -c 576 /dev/zero | small_array "$(printf 'd\351')/audio.npy"
fails_with "/audio.npy: not UTF-8" "$mer" compare --data "$(printf 'd\351')" --encoder "$encoder" --out vectors --text-epochs 1 --epochs 1 -q

# What a later training would fail by is told before the first one.
mkdir broken
echo "{}" >broken/config.json
fails_with "broken" "$mer" compare --data data --encoder "$encoder" --fusion-encoder broken --out late --text-epochs 1 --epochs 1 -q
[ "$(ls late/models)" = "" ] || fail "trained before the encoder of fusion was opened: $(ls late/models)"

# Utterances of which a run's models can read nothing are counted.
{ cat data/manifest.csv && echo 'test," ",high.wav,joy' && echo "test,hello,gone.wav,joy" && echo "test,hello,,joy"; } >data/gaps.csv
expect 0 "$mer" compare --data data/gaps.csv --encoder "$encoder" --out gaps --text-epochs 1 --epochs 1 -q
counts=$(tr -d '\n ' <gaps/results.json | grep -o '"without_input":{[^}]*}' | tr -d '\n')
for n in 1 2 0 0; do printf '"without_input":{"train":0,"dev":0,"test":%d}' $n; done >expected
[ "$counts" = "$(cat expected)" ] || fail "without input: $counts"
[ "$(grep -c "utterances without input" gaps/report.html)" -eq 2 ] || fail "the report does not count them: of text, and of audio"
finish
