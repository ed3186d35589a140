#!/bin/sh
# speakers.sh: --by-speaker: a model that hears each utterance beside what its speaker has said before: trained, resumed to the
# same bytes, measured, quantized; `mer timeline` and `mer stream` adapt to who speaks; what does not go with it.
. "$(dirname "$0")/cli_test.sh"
golden=$root/tests/golden/timeline
small_data data
awk -F, -v OFS=, 'NR == 1 { print $0, "speaker"; next } { print $0, NR % 2 ? "Ann" : "Bob" }' data/manifest.csv >data/spoken.csv
mkdir speech
cp "$root"/tests/golden/whisper/preprocessor_config.json "$root"/tests/golden/whisper/model.safetensors speech
sed 's/WhisperForAudioClassification/WhisperModel/' "$root/tests/golden/whisper/config.json" >speech/config.json
train="$mer train audio --speech-encoder ./speech --lr 1e-3 --batch-size 4 -q"
# shellcheck disable=SC2086 # a list of words, here and below
{
  expect 0 $train --data data/spoken.csv --epochs 4 --freeze-encoder --out alone
  expect 0 $train --data data/spoken.csv --epochs 4 --freeze-encoder --by-speaker --calibrate --out model
}
grep -q '"by_speaker": true' model/config.json || fail "config.json does not say by_speaker"
! cmp -s alone/model.safetensors model/model.safetensors || fail "--by-speaker changes nothing"

# Measured with and without its speakers, the same each time; the rows are the same ones.
expect 0 "$mer" eval model --data data/spoken.csv --predictions single
expect 0 "$mer" eval model --data data/spoken.csv --by-speaker --predictions heard
expect 0 "$mer" eval model --data data/spoken.csv --by-speaker --predictions again
cmp -s heard again || fail "--by-speaker draws another order each time"
! cmp -s heard single || fail "eval --by-speaker changes nothing"
[ "$("$json_lines" id <heard)" = "$("$json_lines" id <single)" ] || fail "other rows"
expect 0 "$mer" quantize model --out model8
grep -q '"by_speaker": true' model8/config.json || fail "quantize loses by_speaker"
expect 0 "$mer" eval model8 --data data/spoken.csv --by-speaker

# A temperature is fitted to adapted answers, as in the training, unless that is not wanted or nobody is said to speak.
awk -F, -v OFS=, '/^(train|dev)/ && NR % 4 == 0 { $4 = "anger" } { print }' data/spoken.csv >data/mixed.csv # not all answers are right
cut -d, -f1-4 data/mixed.csv >data/nameless.csv
# shellcheck disable=SC2086
expect 0 $train --data data/mixed.csv --epochs 4 --freeze-encoder --by-speaker --calibrate --out mixed
cp -r mixed fitted
temperature() { grep -o '"temperature": [0-9.]*' "$1/config.json"; }
expect 0 "$mer" calibrate fitted --data data/mixed.csv
[ "$(temperature fitted)" = "$(temperature mixed)" ] || fail "calibrate fits $(temperature fitted), train $(temperature mixed)"
expect 0 "$mer" calibrate fitted --data data/mixed.csv --no-adapt
[ "$(temperature fitted)" != "$(temperature mixed)" ] || fail "calibrate --no-adapt adapts"
kept=$(temperature fitted)
expect 0 "$mer" calibrate fitted --data data/nameless.csv
[ "$(temperature fitted)" = "$kept" ] || fail "rows without speakers are adapted"

# So does a teacher: of rows without names its answers, and what is learned from them, are others.
for rows in mixed nameless; do
  # shellcheck disable=SC2086
  expect 0 $train --data data/$rows.csv --epochs 1 --freeze-encoder --teacher mixed --out taught_$rows
done
! cmp -s taught_mixed/model.safetensors taught_nameless/model.safetensors || fail "a teacher does not adapt"

# A comparison measures a model as it was trained.
cat >runs.json <<'END'
{"data": {"spoken": "--data data/spoken.csv"},
 "runs": {"by": "audio --speech-encoder ./speech --lr 1e-3 --batch-size 4 --epochs 4 --freeze-encoder --by-speaker"}}
END
expect 0 "$mer" compare --runs runs.json --out compared -q
loss() { expect 0 "$mer" eval compared/models/spoken/by-seed0 --data data/spoken.csv --json -q "$@"; grep -o '"loss":[^,]*' out | head -n 1; }
tr -d ' \n' <compared/results.json >results
grep -qF "$(loss --by-speaker)" results || fail "compare does not measure by speaker: $(loss --by-speaker)"
! grep -qF "$(loss)" results || fail "compare measures without speakers: $(loss)"

# Who speaks is heard beside what he or she has said; a first segment beside what all say, too. The other channel counts nothing.
timeline="$mer timeline model --min-silence .5"
# shellcheck disable=SC2086
{
  expect 0 $timeline "$golden/call.opus"
  lines 3
  cp out adapted
  expect 0 $timeline "$golden/call.opus" --no-adapt
  ! cmp -s out adapted || fail "timeline does not adapt"
  expect 0 $timeline "$golden/call.opus" --speakers left
  grep '"left"' adapted | cmp -s - out || fail "the left depends on the right: $(cat out adapted)"
}
"$mer" timeline alone "$golden/call.opus" --min-silence .5 >plain 2>err
expect 0 "$mer" timeline alone "$golden/call.opus" --min-silence .5 --no-adapt
cmp -s out plain || fail "a model that does not adapt does"

# As it comes a sound has the same answers, also where what is not yet said is answered for a moment. All of it is speech here.
tone long.wav 128000 37 7000
all="--threshold 0 --release 0 --longest 2"
# shellcheck disable=SC2086
{
  expect 0 "$mer" timeline model long.wav $all
  "$json_lines" start end label probs <out >whole
  [ "$(wc -l <whole)" -gt 3 ] || fail "$(wc -l <whole) segments"
  expect 0 "$mer" timeline model long.wav $all --no-adapt
  "$json_lines" start end label probs <out | cmp -s - whole && fail "a long sound is not adapted to"
  tail -c +45 long.wav | "$mer" stream model $all >out 2>err || fail "stream: $(cat err)"
  "$json_lines" start end label probs <out | diff whole - || fail "stream and timeline differ"
  tail -c +45 long.wav | "$mer" stream model $all --provisional .3 >both 2>err || fail "stream: $(cat err)"
  grep -v '"provisional":true' both >out
  [ "$(wc -l <both)" -gt "$(wc -l <out)" ] || fail "nothing provisional"
  "$json_lines" start end label probs <out | diff whole - || fail "what is provisional is remembered"
}

# Profiles: a speaker begins where the last recording has ended, and nothing is written unless that is asked for.
mkdir voices
# shellcheck disable=SC2086
{
  expect 0 $timeline "$golden/call.opus" --profiles voices
  cmp -s out adapted || fail "an empty folder of profiles changes answers"
  [ -z "$(ls voices)" ] || fail "profiles are written without being asked for: $(ls voices)"
  expect 0 $timeline "$golden/call.opus" --profiles voices --update-profiles
  cmp -s out adapted || fail "writing profiles changes answers"
  [ "$(ls voices)" = "$(printf 'left.profile\nright.profile')" ] || fail "profiles: $(ls voices)"
  [ "$(stat -c %a voices/left.profile)" = 600 ] || fail "others may read a profile: $(stat -c %A voices/left.profile)"
  expect 0 $timeline "$golden/call.opus" --profiles voices
  cmp -s out adapted && fail "what is known of a speaker changes nothing"
  cp -r voices before
  expect 0 $timeline "$golden/call.opus" --profiles voices --update-profiles
  cmp -s voices/left.profile before/left.profile && fail "a profile is not updated"
  fails_with "another model has heard this speaker" "$mer" timeline "$golden/call.opus" --profiles voices
  wrong_usage "--update-profiles needs --profiles" $timeline "$golden/call.opus" --update-profiles
  wrong_usage "--no-adapt leaves nothing for --profiles" $timeline "$golden/call.opus" --profiles voices --no-adapt
  fails_with "nothere: expected the folder of profiles" $timeline "$golden/call.opus" --profiles nothere
  fails_with "profiles need a model that adapts" "$mer" timeline alone "$golden/call.opus" --profiles voices
  printf 'start,end,text,speaker\n0,1,Good morning.,../.hidden/%%A\n' >odd.csv
  expect 0 $timeline "$golden/call.opus" --transcript odd.csv --profiles voices --update-profiles
  [ -f 'voices/%2e.%2f.hidden%2f%25A.profile' ] || fail "the file of an odd name: $(ls -a voices)"
  printf 'start,end,text,speaker\n0,1,Good morning.,all\n1,2,Hello.,\n' >odd.csv
  expect 0 $timeline "$golden/same.opus" --transcript odd.csv --profiles voices --update-profiles
  [ -f voices/all.profile ] && [ -f voices/%61ll.profile ] || fail "somebody called all is somebody unknown: $(ls voices)"
  rm voices/all.profile
  for bytes in 150 190 199 210 220 230 240 247 300; do # a file's name, or an error before anything is answered
    printf 'start,end,text,speaker\n0,1,Good morning.,%0*d\n' $bytes 1 >odd.csv
    code=0
    $timeline "$golden/call.opus" --transcript odd.csv --profiles voices --update-profiles >out 2>err || code=$?
    if [ $bytes -lt 200 ]; then [ $code -eq 0 ]; else [ $code -eq 1 ] && [ ! -s out ]; fi || fail "a name of $bytes bytes: $code $(cat err)"
  done
  says "too long a name for a profile"
  # A profile that cannot be written does not keep the others from being written.
  mkdir late
  : >out
  code=0
  {
    tail -c +45 long.wav
    for _ in $(seq 500); do
      grep -q '"left"' out && grep -q '"right"' out && break
      sleep 0.02
    done
    echo "mine" >late/left.profile
  } | "$mer" stream model $all --channels 2 --profiles late --update-profiles >out 2>err || code=$?
  [ $code -eq 1 ] && grep -q "late/left.profile: not replaced" err || fail "a file that is no profile: $code $(cat err)"
  [ -f late/right.profile ] || fail "the profile of the other speaker is lost"
  # Nor is what was answered lost: an open descriptor that cannot be written stands for a disk that is full.
  mkdir full
  for format in html csv; do
    ln -sf /dev/fd/3 full/left.profile
    code=0
    $timeline "$golden/call.opus" --profiles full --update-profiles -o full.$format >out 2>err 3<before/left.profile || code=$?
    [ $code -eq 1 ] && grep -q "full/left.profile" err || fail "a profile that cannot be written: $code $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(cat err)"
    [ -f full/right.profile ] || fail "the profile of the other speaker is lost"
    rm full/right.profile
  done
  grep -q "^\"$golden/call.opus\"" full.csv || fail "the timeline is lost with the profile: $(cat full.csv)"
  grep -q '<tr id="s' full.html && grep -q 'class="wave"' full.html || fail "the page is lost with the profile"
  echo "mine" >voices/left.profile
  fails_with "voices/left.profile: not a safetensors file" $timeline "$golden/call.opus" --profiles voices --update-profiles
  [ "$(cat voices/left.profile)" = mine ] || fail "a file that is no profile was replaced"
}
tail -c +45 long.wav | "$mer" stream model $all --profiles voices --update-profiles >out 2>err || fail "stream: $(cat err)"
cp voices/all.profile streamed.profile
rm voices/all.profile
# shellcheck disable=SC2086
expect 0 "$mer" timeline model long.wav $all --profiles voices --update-profiles
cmp -s voices/all.profile streamed.profile || fail "stream and timeline know other things of a speaker"

# Lines and rows are heard beside what their "speaker" has said in the file before, in one call as in many, also after kill -9.
# answers: those of the last output, without their ids.
answers() { sed 's/^{"id":[^,]*,//' out; }
awk 'BEGIN {
  split("high,low,soft", clip, ",")
  for (i = 0; i < 150; i++) {
    speaker = i % 5 == 4 ? "" : sprintf(",\"speaker\":%s", i % 2 ? "\"Ann\"" : 7)
    print "{\"id\":" i ",\"audio\":\"data/" clip[i % 3 + 1] ".wav\"" speaker "}"
  }
}' >lines.jsonl
expect 0 "$mer" predict model lines.jsonl
cp out heard
answers >adapted
code=0
"$mer" predict model - <lines.jsonl >out 2>err || code=$?
{ [ "$code" -eq 0 ] && cmp -s out heard; } || fail "standard input has other answers than the file: $code $(cat err)"
expect 0 "$mer" predict model lines.jsonl --no-adapt
cp out single
[ "$(answers | sort -u | wc -l)" -eq 3 ] || fail "--no-adapt: the same sounds have other answers"
sed 's/,"speaker":[^}]*//' lines.jsonl >nobody.jsonl
expect 0 "$mer" predict model nobody.jsonl
cmp -s out single || fail "who is not named is adapted to"
[ "$(sed -n 5p single)" = "$(sed -n 5p heard)" ] || fail "a line without a speaker is adapted to"
[ "$(sed -n 7p single)" != "$(sed -n 7p heard)" ] || fail "a line with a speaker is not adapted to"
grep '"Ann"' lines.jsonl >ann.jsonl
expect 0 "$mer" predict model ann.jsonl
"$json_lines" id probs <out | while read -r id probs; do
  [ "$("$json_lines" id probs <heard | grep "^$id ")" = "$id $probs" ] || echo "$id"
done >others
[ ! -s others ] || fail "one speaker depends on the other: $(head -n 1 others)"
sed 's/.*"id":\([0-9]*\),"audio":"\([^"]*\)"[^:]*:*"*\([A-Za-z0-9]*\).*/\1,\2,\3/' lines.jsonl | sed '1i id,audio,speaker' >rows.csv
expect 0 "$mer" predict model rows.csv
answers | cmp -s - adapted || fail "rows have other answers than lines: $(head -n 3 rows.csv)"
expect 0 "$mer" predict model lines.jsonl rows.csv # the same names in another file are others
answers | tail -n 150 | cmp -s - adapted || fail "a second file begins with what the first one said"
expect 0 "$mer" predict model8 lines.jsonl
printf '%s\n' '{"audio":"data/low.wav","speaker":["Ann"]}' '{"audio":"gone.wav","speaker":"Ann"}' \
  '{"audio":"data/high.wav","speaker":"Ann","context":5,"dialogue":1,"dialogue":2}' >odd.jsonl
expect 1 "$mer" predict model odd.jsonl
prints 'odd.jsonl:1: \"speaker\" is not a text or a number'
[ "$(grep -c '"probs"' out)" -eq 1 ] || fail "what is not read about a line matters: $(cat out)"
expect 0 "$mer" predict model lines.jsonl -o whole.jsonl -q
cmp -s whole.jsonl heard || fail "-o gives other answers"
for _ in $(seq 20); do cat lines.jsonl; done >many.jsonl
for window in "" "--window .1"; do
  rm -f part.jsonl
  # shellcheck disable=SC2086
  {
    expect 0 "$mer" predict model many.jsonl -o whole.jsonl -q $window
    "$mer" predict model many.jsonl -o part.jsonl -q $window 2>err &
  }
  process=$!
  while kill -0 $process 2>/dev/null && [ "$(cat part.jsonl.partial.state 2>/dev/null | wc -c)" -lt 200 ]; do :; done
  kill -KILL $process
  wait $process 2>/dev/null
  [ -s part.jsonl.partial ] || fail "the prediction was not interrupted"
  # shellcheck disable=SC2086
  {
    fails_with "differs in its options" "$mer" predict model many.jsonl -o part.jsonl -q --resume --no-adapt $window
    expect 0 "$mer" predict model many.jsonl -o part.jsonl -q --resume $window
  }
  cmp -s part.jsonl whole.jsonl || fail "other bytes after kill -9 $window"
done

# What does not go with it.
# shellcheck disable=SC2086
{
  wrong_usage "by speaker: a speech encoder from a directory is needed, frozen" $train --data data/spoken.csv --by-speaker --out m
  wrong_usage "by speaker: a speech encoder from a directory is needed, frozen" \
    $train --data data/spoken.csv --by-speaker --freeze-encoder --no-standardize --out m
  fails_with "by speaker: no training row says who speaks" $train --data data --by-speaker --freeze-encoder --out m
}
wrong_usage "--by-speaker without --speech-encoder" "$mer" train audio --data data/spoken.csv --by-speaker --out m
fails_with "by speaker: no row says who speaks" "$mer" eval model --data data --by-speaker
fails_with "by speaker: the model was not trained so" "$mer" eval alone --data data/spoken.csv --by-speaker
mkdir unknown
echo '{"model_type": "jukebox"}' >unknown/config.json
# shellcheck disable=SC2086
fails_with "jukebox" $train --data data/spoken.csv --speech-encoder ./unknown --freeze-encoder --by-speaker --out m
mkdir odd
cp model/* odd
sed 's/"standardized": true/"standardized": false/' model/config.json >odd/config.json
fails_with "'by_speaker' of 'audio', which is not an encoder of sound that is standardized" "$mer" info odd
finish
