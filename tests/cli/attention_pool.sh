#!/bin/sh
# attention_pool.sh: encoders of sound that are pooled by attention, as a user has them: trained whole and in parts, killed and gone on
# with to the same bytes; measured, asked, trained upon, quantized, embedded; what does not apply to them.
. "$(dirname "$0")/cli_test.sh"
small_data data
for name in whisper wav2vec2 hubert wavlm; do
  from=$root/tests/golden/$name
  [ -d "$from" ] || from=$root/tests/golden/wav2vec/$name
  mkdir $name
  cp "$from/preprocessor_config.json" "$from/model.safetensors" $name
  sed 's/For[A-Za-z]*Classification/Model/' "$from/config.json" >$name/config.json
done

train="$mer train audio --data data --epochs 3 --lr 2e-3 --batch-size 4 --pool attention -q --speech-encoder"
# shellcheck disable=SC2086 # a list of words, here and below
expect 0 $train ./whisper --out whole
# shellcheck disable=SC2086
$train ./whisper --out model --checkpoint-every 0 >out 2>err &
process=$!
kill_when_saved model
# shellcheck disable=SC2086
{
  fails_with 'cannot resume: the interrupted run had pool "attention"' $train ./whisper --out model --resume --pool mean
  expect 0 $train ./whisper --out model --resume
}
[ "$(digest model)" = "$(digest whole)" ] || fail "the resumed training is not the uninterrupted one"

# A folder in the working folder may have the name of a kind of encoder.
# shellcheck disable=SC2086
expect 0 $train whisper --out named
cmp -s named/model.safetensors whole/model.safetensors || fail "whisper is not ./whisper"

# It is another pooling than the mean, and nothing is standardized, whether that is asked for or not.
# shellcheck disable=SC2086
{
  expect 0 $train ./whisper --pool mean --no-standardize --out means
  ! cmp -s means/model.safetensors whole/model.safetensors || fail "attention is the mean"
  expect 0 $train ./whisper --no-standardize --out raw
  cmp -s raw/model.safetensors whole/model.safetensors || fail "--no-standardize changes what is not standardized"
}
grep -q '"pool": "attention"' whole/config.json || fail "no pooling in config.json"
grep -q '"standardized": false' whole/config.json || fail "attention is standardized"
expect 0 "$mer" info whole
prints '"pool": "attention"'
expect 0 "$mer" eval whole --data data --split test
prints "Accuracy"

# Alone and beside others; a long sound, which is heard in windows of 30 s.
tone long.wav 1000000 9 5000
expect 0 "$mer" predict whole --audio data/high.wav --json
sed 's/.*"probs"//' out >alone
printf '%s\n' '{"audio":"data/low.wav"}' '{"audio":"data/soft.wav"}' '{"audio":"data/high.wav"}' >three.jsonl
expect 0 "$mer" predict whole --jsonl three.jsonl
lines 3
tail -n 1 out | sed 's/.*"probs"//' | cmp -s - alone || fail "another answer beside others: $(cat out alone)"
expect 0 "$mer" predict whole --audio long.wav --json
lines 1

# In parts, each encoder; over the last layer alone; upon what was trained so, with its head, too.
# shellcheck disable=SC2086
{
  for option in "--freeze-layers 0" "--freeze-layers 1" "--lora 2" "--layers last" "--layers last --freeze-layers 1" --padded \
    --checkpoint-activations --augment; do
    expect 0 $train ./whisper $option --out part
    expect 0 "$mer" eval part --data data --split test -q
    [ "$option" != --checkpoint-activations ] || [ "$(digest part)" = "$(digest whole)" ] || fail "$option: other bytes"
    rm -r part
  done
  for name in wav2vec2 hubert wavlm; do
    expect 0 $train ./$name --out part
    expect 0 "$mer" eval part --data data --split test -q
    rm -r part
  done
  expect 0 $train ./whole --out further --lr 1e-10 --keep-head
  for name in whole further; do
    "$mer" eval $name --data data --predictions - -q | grep -o '"probs":{[^}]*}' | sed 's/\(\.[0-9]\{3\}\)[0-9]*/\1/g' >$name.probs
  done
  [ -s whole.probs ] || fail "no answers"
  cmp -s whole.probs further.probs || fail "the model that was kept answers otherwise"
  expect 0 $train ./whole --out last --layers last
}
expect 0 "$mer" train fusion --data data --encoder "$encoder" --speech-encoder ./whisper --pool attention --fine-tune --out both \
  --epochs 1 --lr 1e-3 -q
expect 0 "$mer" eval both --data data --split test

# With the same pooling, a fusion goes on from the attention that was trained, beside any encoder.
# tensor MODEL NAME: its bytes.
tensor() {
  size=$(od -An -N8 -t u8 "$1/model.safetensors" | tr -d ' ')
  ends=$(head -c $((8 + size)) "$1/model.safetensors" | tail -c "$size" | tr -d ' ' |
    sed -n "s/.*\"$2\":{[^}]*\"data_offsets\":\[\([0-9]*\),\([0-9]*\)\].*/\1 \2/p")
  from=${ends% *}
  tail -c +$((9 + size + from)) "$1/model.safetensors" | head -c $((${ends#* } - from)) | cksum
}
images=$root/tests/golden/images
{
  echo split,text,image,audio,label
  for split in train dev test; do
    echo "$split,what a day,$images/photo.png,data/high.wav,joy"
    echo "$split,stop that,$images/photo.bmp,data/low.wav,anger"
  done
} >three.csv
for other in "text --encoder $encoder" "image --image-encoder $root/tests/golden/vision/vit"; do
  # shellcheck disable=SC2086 # a list of words
  expect 0 "$mer" train fusion --data three.csv --speech-encoder ./whole --pool attention --fine-tune --dtype f32 --epochs 1 --lr 1e-12 -q \
    --out on --modalities ${other%% *},audio ${other#* }
  for name in layer_attention.query layer_weights; do
    [ "$(tensor on $name)" = "$(tensor whole $name)" ] || fail "$other: another $name"
  done
  rm -r on
done

# Such sums are never standardized.
cp -r whole false
sed 's/"standardized": false/"standardized": true/' whole/config.json >false/config.json
fails_with "'standardized' is true, expected false with the pool \"attention\"" "$mer" info false

# Rounded, attention stays as it is; an encoder alone is pooled otherwise, also one that was trained so.
expect 0 "$mer" quantize whole --out small
expect 0 "$mer" eval small --data data --split test
expect 0 "$mer" embed --encoder whole data/high.wav data/low.wav
lines 2
wrong_usage "--pool is one of mean|mean-std, not 'attention'" "$mer" embed --encoder whole --pool attention data/low.wav

# It is trained with the layers.
frozen="pooling by attention is trained together with the layers that it pools"
# shellcheck disable=SC2086
{
  wrong_usage "$frozen" $train ./whisper --freeze-encoder --out m
  fails_with "a classifier, which hears as it was trained to" $train "$root/tests/golden/whisper" --out m
  for name in vector crnn; do
    wrong_usage "layers, pooling, trimming and padding are those of an encoder of sound" $train $name --out m
  done
}
wrong_usage "$frozen" "$mer" train fusion --data data --encoder "$encoder" --speech-encoder ./whisper --pool attention --out m
finish
