#!/bin/sh
# several_data.sh: several data sets are trained on together, and evaluated one by one.
. "$(dirname "$0")/cli_test.sh"
small_data data
mkdir other
sed -n '1p; /^train/s/, *\(high\|low\|soft\)/,..\/data\/\1/p' data/manifest.csv | sed 's/ 0,/ zero,/' >other/manifest.csv
train="$mer train text --encoder $encoder --epochs 2 --dtype f32 --json"

# shellcheck disable=SC2086 # a list of words
expect 0 $train --data data --data other/manifest.csv --out both
prints '"utterances":48'
# shellcheck disable=SC2086
expect 0 $train --data data --out one
prints '"utterances":24'
expect 0 "$mer" eval both --data data --split test -q
expect 0 "$mer" eval both --data other --split train -q

# Sets in another order are other data; the same ones end in the same bytes.
cp -r both whole
stop_at_start() { # begins a training that is killed after its first steps
  rm -rf both both.partial
  # shellcheck disable=SC2086
  $train --epochs 100000 --data data --data other --out both --checkpoint-every 0 >out 2>err &
  process=$!
  kill_when_saved both
}
stop_at_start
# shellcheck disable=SC2086
fails_with "cannot resume: the table of the rows has changed since the interrupted run" $train --epochs 100000 --data other --data data --out both --resume -q
# shellcheck disable=SC2086
fails_with "cannot resume: the interrupted run had utterances 48" $train --epochs 100000 --data data --out both --resume -q
rm -rf both.partial
# shellcheck disable=SC2086
expect 0 $train --data data --data other --out both
cmp both/model.safetensors whole/model.safetensors || fail "the same data sets gave other weights"

printf 'split,audio,label\ntrain,gone.wav,joy\n' >gone.csv
# Of the second set an epoch takes half: 12 rows of it and 24 of the first.
# shellcheck disable=SC2086
expect 0 $train --data data --data other --weights 1,.5 --out part
prints '"utterances":36'
# shellcheck disable=SC2086
expect 0 $train --data data --data other --weights 1,1 --out part
cmp part/model.safetensors whole/model.safetensors || fail "weights of 1 are not all rows"
# shellcheck disable=SC2086
fails_with "weights: 3, data sets: 2; expected one for each" $train --data data --data other --weights 1,1,1 --out new -q
# They are counted before a clip is decoded.
fails_with "weights: 1, data sets: 2; expected one for each" "$mer" train audio --data data --data gone.csv --weights 1 --out new -q
# A limit takes the first rows of all: a set of which it leaves none is named.
# shellcheck disable=SC2086
expect 0 $train --data data --data other --limit 24 --out part
says "other/manifest.csv: no row of data set 2 is among the first 24"
# shellcheck disable=SC2086
expect 0 $train --data data --data other --limit 25 --out part
grep -q "is among the first" err && fail "a set with a row is named"
for weights in 0,1 1,1.5 -1,1 nan,1; do
  # shellcheck disable=SC2086
  wrong_usage "weights of data sets: above 0, at most 1" $train --data data --data other --weights=$weights --out new
done
for weights in 1,,1 1,x 1, "1;1"; do
  # shellcheck disable=SC2086
  wrong_usage "--weights takes numbers, as in 1,0.5, not '$weights'" $train --data data --data other --weights "$weights" --out new
done

# Rows are named with the number of their set.
expect 0 "$mer" train audio --data data --data gone.csv --epochs 1 --out sound
says "gone.wav: missing file"
printf 'split,text,label\ntrain,a,joy\ntrain,b,glad\n' >bad.csv
# shellcheck disable=SC2086
fails_with "bad.csv:3: label 'glad'" $train --data data --data bad.csv --out new
# shellcheck disable=SC2086
fails_with "nowhere" $train --data data --data nowhere --out new
# shellcheck disable=SC2086
wrong_usage "--data is empty, expected PATH" $train --data data --data "" --out new
expect 0 "$mer" features data/high.wav -o high.npy
fails_with "high.npy: features that are computed before belong to one data set, not to 2" \
  "$mer" train audio --data data --data other --features audio=high.npy --epochs 1 --out new -q
[ ! -e new ] || fail "a model in spite of failure"
finish
