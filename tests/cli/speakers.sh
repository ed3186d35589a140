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
mkdir odd
cp model/* odd
sed 's/"standardized": true/"standardized": false/' model/config.json >odd/config.json
fails_with "'by_speaker' of 'audio', which is not an encoder of sound that is standardized" "$mer" info odd
finish
