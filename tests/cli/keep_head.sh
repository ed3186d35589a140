#!/bin/sh
# keep_head.sh: --keep-head begins a training with all of a trained model: its encoder and its head.
. "$(dirname "$0")/cli_test.sh"
small_data data
mkdir speech
cp "$root"/tests/golden/whisper/*.json "$root/tests/golden/whisper/model.safetensors" speech
sed 's/WhisperForAudioClassification/WhisperModel/' "$root/tests/golden/whisper/config.json" >speech/config.json

# further KIND MODEL OUT [OPTION...]: one epoch upon MODEL, with a rate that changes no more than the last bits.
further() {
  kind=$1 model=$2 out=$3
  shift 3
  case $kind in text) given=--encoder ;; *) given=--speech-encoder ;; esac
  "$mer" train "$kind" --data data $given "$model" --out "$out" --epochs 1 --lr 1e-10 --dtype f32 -q "$@"
}
# answers MODEL: the probabilities of the test rows, to three digits.
answers() { "$mer" eval "$1" --data data --predictions - -q | grep -o '"probs":{[^}]*}' | sed 's/\(\.[0-9]\{3\}\)[0-9]*/\1/g'; }

small_model text text_model --dtype f32
small_model audio sound_model --speech-encoder "$PWD/speech" --dtype f32
for kind in text audio; do
  model=text_model
  [ $kind = text ] || model=sound_model
  answers $model >given
  [ -s given ] || fail "$kind: no answers"
  expect 0 further $kind $model kept --keep-head
  answers kept | cmp -s - given || fail "$kind: the model that was kept answers otherwise"
  expect 0 further $kind $model anew
  ! answers anew | cmp -s - given || fail "$kind: without --keep-head the head is the same"
  rm -r kept anew
done

# A head stands on what its training made of the sound: another pooling is refused, also one of the same width.
kept="; its head can be kept only so"
fails_with "sound_model: was trained with --pool mean-std --layers sum, standardized$kept" \
  further audio sound_model kept --keep-head --pool mean
for option in "--layers last" --no-standardize; do
  # shellcheck disable=SC2086 # a list of words
  fails_with "$kept" further audio sound_model kept --keep-head $option
done
small_model audio plain --speech-encoder "$PWD/speech" --dtype f32 --pool mean --no-standardize
small_model audio attended --speech-encoder "$PWD/speech" --dtype f32 --pool attention
small_model audio standard --speech-encoder "$PWD/speech" --dtype f32 --pool mean
expect 0 further audio plain kept --keep-head --pool mean --no-standardize
rm -r kept
fails_with "plain: was trained with --pool mean --layers sum --no-standardize$kept" further audio plain kept --keep-head --pool mean
fails_with "attended: was trained with --pool attention --layers sum$kept" \
  further audio attended kept --keep-head --pool mean --no-standardize
fails_with "$kept" further audio standard kept --keep-head --pool mean --no-standardize
fails_with "$kept" further audio plain kept --keep-head --pool attention
# A classifier is pooled as it was trained to.
expect 0 "$mer" train audio --data data --speech-encoder "$root/tests/golden/whisper" --out classifier --epochs 1 --dtype f32
expect 0 further audio classifier kept --keep-head
rm -r kept
# A model from before there was a choice of pooling has its mean.
cp -r plain old
sed '/"pool": "mean",/d' plain/config.json >old/config.json
! grep -q '"pool"' old/config.json || fail "the pooling is still there"
expect 0 further audio old kept --keep-head --pool mean --no-standardize
rm -r kept
fails_with "old: was trained with --pool mean" further audio old kept --keep-head --pool mean-std --no-standardize
sed 's/"pool": "mean"/"pool": "most"/' plain/config.json >old/config.json
fails_with "old/config.json: 'pool' is \"most\", expected mean, mean-std or attention" further audio old kept --keep-head
# What is int8 cannot be trained upon, however it is pooled.
"$mer" quantize attended --out small -q
fails_with "small: is int8, which cannot be trained upon" further audio ./small kept --keep-head

# Without it the head begins anew upon any; attention that is not used is told, and nothing else.
told="was trained with --pool attention, which is not used with --pool mean-std"
expect 0 "$mer" train audio --data data --speech-encoder plain --out anew --epochs 1
! grep -q "was trained with" err || fail "a warning about means: $(cat err)"
expect 0 "$mer" train audio --data data --speech-encoder attended --out anew-2 --epochs 1 --pool attention
! grep -q "was trained with" err || fail "a warning about attention that is used: $(cat err)"
expect 0 "$mer" train audio --data data --speech-encoder attended --out anew-3 --epochs 1
says "attended: $told"
expect 0 "$mer" train fusion --data data --encoder "$encoder" --speech-encoder ./attended --out fused --epochs 1
says "attended: $told"

# Other labels: the last layer begins anew, and that is said.
sed 's/,sadness$/,fear/' data/manifest.csv >data/other.csv
expect 0 "$mer" train text --data data/other.csv --labels joy,anger,fear --encoder text_model --out other --epochs 1 --keep-head
says "has other labels than the data"
# So it does for several labels, though they are the same: what scores mean is another thing.
expect 0 "$mer" train text --data data --target labels --labels neutral,surprise,fear,sadness,joy,disgust,anger --encoder text_model \
  --out several --epochs 1 --keep-head
says "or another kind of them"
# Another order of the labels: the same answers.
expect 0 further text text_model order --labels anger,disgust,joy,sadness,fear,surprise,neutral --keep-head
answers text_model | tr ',{}' '\n' | sort >given
answers order | tr ',{}' '\n' | sort | cmp -s - given || fail "labels in another order: other answers"

fails_with "not a trained model, whose head can be kept" further text "$encoder" bare --keep-head
wrong_usage "a head is kept of a model of one modality alone" "$mer" train fusion --data data --encoder text_model --out fused --keep-head
fails_with "not a trained model, whose head can be kept" "$mer" train audio --data data --out mfcc --keep-head -q
# A training that began without it does not go on with it.
"$mer" train text --data data --encoder text_model --out long --epochs 100000 --checkpoint-every 0 -q 2>err &
process=$!
kill_when_saved long
fails_with "keep_head" "$mer" train text --data data --encoder text_model --out long --epochs 100000 --keep-head --resume -q
finish
