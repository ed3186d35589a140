#!/bin/sh
# crnn.sh: a CRNN as a user has it: trained with changed clips, alone and beside text, killed and gone on with to the same
# bytes; measured, asked, embedded, described; what does not apply to it.
. "$(dirname "$0")/cli_test.sh"
small_data data

train="$mer train audio --data data --speech-encoder crnn --epochs 6 --lr 2e-3 --batch-size 4 -q"
# shellcheck disable=SC2086 # a list of words, here and below
expect 0 $train --augment --out whole
# shellcheck disable=SC2086
$train --augment --out model --checkpoint-every 0 >out 2>err &
process=$!
kill_when_saved model
# shellcheck disable=SC2086
{
  fails_with "cannot resume: the interrupted run had trim_db 30" $train --augment --out model --resume --trim 20
  fails_with "cannot resume: the interrupted run had augment true" $train --out model --resume
  expect 0 $train --augment --out model --resume
}
[ "$(digest model)" = "$(digest whole)" ] || fail "the resumed training is not the uninterrupted one"

# Without changes it is another training.
# shellcheck disable=SC2086
expect 0 $train --out plain
! cmp -s plain/model.safetensors whole/model.safetensors || fail "--augment changes nothing"

# Noise is another one again, and a setting of the training.
# shellcheck disable=SC2086
{
  expect 0 $train --augment --noise 1 --out noisy
  ! cmp -s noisy/model.safetensors whole/model.safetensors || fail "--noise changes nothing"
  wrong_usage "--noise takes a number from 0 to 1" $train --augment --noise 2 --out m
}

expect 0 "$mer" eval whole --data data --split test
prints "Accuracy"
expect 0 "$mer" predict whole --audio data/high.wav --json
lines 1
sed 's/.*"probs"//' out >alone
# Alone and beside others.
printf '%s\n' '{"audio":"data/low.wav"}' '{"audio":"data/soft.wav"}' '{"audio":"data/high.wav"}' >three.jsonl
expect 0 "$mer" predict whole --jsonl three.jsonl
lines 3
tail -n 1 out | sed 's/.*"probs"//' | cmp -s - alone || fail "another answer beside others: $(cat out alone)"
expect 0 "$mer" info whole
prints "crnn"
expect 0 "$mer" embed --encoder whole data/high.wav data/low.wav
lines 2
fails_with "no weights that could be rounded" "$mer" embed --encoder whole --dtype int8 data/low.wav
wrong_usage "layers and pooling are those of an encoder of sound from a directory" "$mer" embed --encoder whole --pool mean-std data/low.wav
fails_with "has no encoder whose weights could be quantized" "$mer" quantize whole --out small

# Beside text: both are trained, or the text's encoder is frozen.
expect 0 "$mer" train fusion --data data --encoder "$encoder" --speech-encoder crnn --augment --out both --epochs 2 --lr 1e-3 -q
expect 0 "$mer" eval both --data data --split test
# What is of layers from a directory alone leaves the CRNN as it is.
for option in "--freeze-layers 0" "--freeze-layers 1" "--lora 2"; do
  # shellcheck disable=SC2086 # a list of words
  expect 0 "$mer" train fusion --data data --encoder "$encoder" --speech-encoder crnn --fine-tune $option --out part --epochs 1 -q
  expect 0 "$mer" eval part --data data --split test -q
done
expect 0 "$mer" quantize both --out both8
expect 0 "$mer" eval both8 --data data --split test

wrong_usage "an encoder from a directory can be frozen; 'crnn' is trained from nothing" \
  "$mer" train audio --data data --out m --speech-encoder crnn --freeze-encoder
for model in whole both; do
  fails_with "$model: its sound is encoded by 'crnn', which is always trained from nothing" \
    "$mer" train audio --data data --out m --speech-encoder $model -q
done
for option in "--layers last" "--pool mean" --padded; do
  # shellcheck disable=SC2086 # a list of words
  wrong_usage "layers, pooling, trimming and padding are those of an encoder of sound" \
    "$mer" train audio --data data --out m --speech-encoder crnn $option
done
for name in vector mel-stats; do
  wrong_usage "inputs are changed at random by encoders that are trained" \
    "$mer" train audio --data data --out m --speech-encoder $name --augment
done
# Whisper's are changed, too, if it is trained; those of other encoders are not.
mkdir speech
cp "$root"/tests/golden/whisper/preprocessor_config.json "$root"/tests/golden/whisper/model.safetensors speech
sed 's/WhisperForAudioClassification/WhisperModel/' "$root/tests/golden/whisper/config.json" >speech/config.json
whisper="$mer train audio --data data --speech-encoder ./speech --epochs 2 --lr 1e-3 --batch-size 4 -q"
# shellcheck disable=SC2086 # a list of words
{
  expect 0 $whisper --out heard
  expect 0 $whisper --augment --out changed
  ! cmp -s heard/model.safetensors changed/model.safetensors || fail "--augment changes nothing of Whisper"
  expect 0 $whisper --augment --noise 1 --out noisier
  ! cmp -s noisier/model.safetensors changed/model.safetensors || fail "--noise changes nothing of Whisper"
  fails_with "sound that is padded to 30 s is not changed at random" $whisper --augment --padded --out m
  wrong_usage "with --fine-tune Whisper and those of images" $whisper --augment --freeze-encoder --out m
}
expect 0 "$mer" eval changed --data data --split test
fails_with "'wav2vec2' does not change its inputs at random" \
  "$mer" train audio --data data --out m --speech-encoder "$root/tests/golden/wav2vec/wav2vec2" --augment -q
wrong_usage "inputs are changed at random by encoders that are trained" \
  "$mer" train text --data data --out m --encoder "$encoder" --augment
finish
