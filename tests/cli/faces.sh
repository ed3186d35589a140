#!/bin/sh
# faces.sh: networks for faces that are trained from nothing, as a user has them: killed and gone on with to the same bytes,
# asked, measured, quantized, trained further; what does not apply to them.
. "$(dirname "$0")/cli_test.sh"

# Small pictures whose label is where the light is.
mkdir faces
printf 'split,image,label\n' >faces.csv
i=0
for split in train dev test; do
  for label in joy fear; do
    for grey in 40 60 80; do
      i=$((i + 1))
      if [ $label = joy ]; then light="200 $grey 200 $grey"; else light="$grey 200 $grey 200"; fi
      {
        printf 'P2\n2 2\n255\n'
        echo "$light"
      } >faces/$i.pgm
      echo "$split,faces/$i.pgm,$label" >>faces.csv
    done
  done
done

for name in cnn resnet18; do
  train="$mer train image --data faces.csv --image-encoder $name --epochs 2 --lr 1e-3 --optimizer adamw --batch-size 4 -q"
  # shellcheck disable=SC2086 # a list of words, here and below
  expect 0 $train --augment --out whole_$name
  # shellcheck disable=SC2086
  $train --augment --out model --checkpoint-every 0 >out 2>err &
  process=$!
  kill_when_saved model
  # shellcheck disable=SC2086
  {
    fails_with "cannot resume: the interrupted run had augment true" $train --out model --resume
    expect 0 $train --augment --out model --resume
  }
  [ "$(digest model)" = "$(digest whole_$name)" ] || fail "$name: the resumed training is not the uninterrupted one"
  rm -r "$PWD/model"
  expect 0 "$mer" eval whole_$name --data faces.csv --split test
  prints "Accuracy"
  expect 0 "$mer" predict whole_$name --image faces/1.pgm
  expect 0 "$mer" quantize whole_$name --out small_$name
  expect 0 "$mer" eval small_$name --data faces.csv --split test
done

# Without changes it is another training; a model is trained further, also with changes.
expect 0 "$mer" train image --data faces.csv --image-encoder cnn --epochs 2 --lr 1e-3 --optimizer adamw --batch-size 4 -q --out plain
! cmp -s plain/model.safetensors whole_cnn/model.safetensors || fail "--augment changes nothing"
expect 0 "$mer" train image --data faces.csv --image-encoder whole_cnn --augment --keep-head --freeze-layers 2 --epochs 1 -q --out further
expect 0 "$mer" train image --data faces.csv --image-encoder whole_resnet18 --freeze-encoder --epochs 1 -q --out frozen
expect 0 "$mer" info whole_resnet18
prints "resnet"
prints "image_size           48 x 48 (height x width)"
expect 0 "$mer" info whole_cnn --json
tr -d "\n " <out | grep -q '"image_size":{"height":48,"width":48}' || fail "no size: $(cat out)"

# Beside text, whose encoder is frozen or trained in part: what is of layers from a directory leaves these networks whole.
sed '1s/$/,text/; 2,$s/$/,what a day/' faces.csv >both.csv
expect 0 "$mer" train fusion --data both.csv --modalities text,image --encoder "$encoder" --image-encoder cnn --augment --freeze-encoder --epochs 1 -q --out both
expect 0 "$mer" eval both --data both.csv --split test
expect 0 "$mer" info both
prints "image_size           48 x 48 (height x width)"
for option in "--freeze-layers 1" "--lora 2"; do
  # shellcheck disable=SC2086 # a list of words
  expect 0 "$mer" train fusion --data both.csv --modalities text,image --encoder "$encoder" --image-encoder resnet18 --fine-tune $option --epochs 1 -q --out part
done
expect 0 "$mer" quantize part --out part8
expect 0 "$mer" eval part8 --data both.csv --split test

for option in "--freeze-layers 1" "--layer-decay .5" "--lora 2"; do
  # shellcheck disable=SC2086 # a list of words
  wrong_usage "need an encoder from a directory that is trained" \
    "$mer" train image --data faces.csv --image-encoder cnn --out m $option
done
wrong_usage "an encoder from a directory can be frozen; 'cnn' is trained from nothing" \
  "$mer" train image --data faces.csv --image-encoder cnn --out m --freeze-encoder
wrong_usage "not the folder of an encoder of images, and not one of: cnn, resnet18" \
  "$mer" train image --data faces.csv --image-encoder vgg --out m
wrong_usage "with --fine-tune Whisper and those of images" \
  "$mer" train image --data faces.csv --image-encoder whole_cnn --freeze-encoder --augment --out m
finish
