#!/bin/sh
# robustness.sh: `mer eval --robustness`: what it disturbs, that a modality which is left out is as if no row had it, and
# that the same seed gives the same.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio
small_model fusion both --encoder text
# count KIND: disturbances of a kind in the last output.
count() { grep -o "\"kind\":\"$1\"" out | wc -l; }
# has "NOISE WORDS REPLACED WITHOUT" MODEL [OPTION...]: so many of each.
has() {
  numbers=$1
  shift
  expect 0 "$mer" eval "$@" --robustness --json -q
  lines 1
  found="$(count noise) $(count words) $(count replaced) $(count without)"
  [ "$found" = "$numbers" ] || fail "$1: $found"
}
has "0 4 0 0" text --data data
has "5 0 0 0" audio --data data
has "5 4 2 2" both --data data
cp out first
expect 0 "$mer" eval both --data data --robustness --json -q
cmp -s out first || fail "the same seed disturbs in another way"
expect 0 "$mer" eval both --data data --robustness --json -q --seed 1
tr -d ' ' <out | sed 's/"intervals":{[^}]*}//g' >a
tr -d ' ' <first | sed 's/"intervals":{[^}]*}//g' >b
cmp -s a b && fail "another seed disturbs in the same way"

# Left out by the program, and by nobody having it.
awk -F, 'BEGIN { OFS = "," } NR > 1 { $2 = "" } { print }' data/manifest.csv >data/mute.csv
expect 0 "$mer" eval both --data data/mute.csv --json -q
without=$(grep -o '"metrics":{"n":[^{]*' out)
grep -o '"modality":"text","metrics":{"n":[^{]*' first | grep -qF "$without" || fail "without text is not as if no row had one: $without"

# For people, and on the page.
expect 0 "$mer" eval both --data data --robustness --report page.html -q
for row in "rows as they are" "noise at 20 dB in audio" "noise at 0 dB in audio" "10 % of the words left out" \
  "noise in the place of text" "noise in the place of audio" "without text" "without audio"; do
  prints "$row"
done
grep -q "<h2>Robustness, test split</h2>" page.html || fail "the page has no section on robustness"

# Vectors of two kinds, beside a text and alone; the files and the cache stay as they are.
expect 0 "$mer" features $(awk -F, 'NR > 1 { print "data/" $3 }' data/manifest.csv) -o vectors.npy
two="--features face=vectors.npy --features pose=vectors.npy"
expect 0 "$mer" train fusion --data data --modalities text,face,pose $two --encoder text --out three --epochs 2 --lr 1e-2 -q
expect 0 "$mer" train audio --data data --features audio=vectors.npy --out alone --epochs 2 -q
state() { cat vectors.npy data/manifest.csv | cksum; find cache -type f | sort | xargs cksum; }
state >before
has "10 4 3 3" three --data data $two
state >after
cmp -s before after || fail "noise in vectors changed files: $(diff before after)"
for entry in '"kind":"noise","amount":20.0,"modality":"face"' '"kind":"noise","amount":0.0,"modality":"pose"' \
  '"kind":"replaced","modality":"face"' '"kind":"replaced","modality":"text"' '"kind":"without","modality":"pose"'; do
  grep -qF "$entry" out || fail "no $entry: $(cat out)"
done
# losses KIND MODALITY: of the disturbances of a kind and modality in the last output.
losses() { grep -o "\"kind\":\"$1\"[^{]*\"modality\":\"$2\",\"metrics\":{[^{]*" out | grep -o '"loss":[^,]*'; }
[ "$(losses noise face | sort -u | wc -l)" -eq 5 ] || fail "levels of noise have the same loss: $(losses noise face)"
[ "$(losses noise face)" != "$(losses noise pose)" ] || fail "noise in one modality is that in another"
cp out first
has "10 4 3 3" three --data data $two --threads 2
cmp -s out first || fail "other threads disturb in another way"
has "5 0 0 0" alone --data data --features audio=vectors.npy

# Images.
images=$root/tests/golden/images
printf 'split,image,label\ntest,%s,joy\ntest,%s,fear\n' "$images/photo.png" "$images/even.webp" >faces.csv
has "5 0 0 0" "$root/tests/golden/vision/vit" --data faces.csv
grep -qF '"kind":"noise","amount":20.0,"modality":"image"' out || fail "no noise in images: $(cat out)"
[ "$(losses noise image | sort -u | wc -l)" -eq 5 ] || fail "levels of noise in images have the same loss: $(losses noise image)"
state >before
has "5 0 0 0" "$root/tests/golden/vision/vit" --data faces.csv
state >after
cmp -s before after || fail "noise in images changed files: $(diff before after)"


# What cannot be done is told.
printf 'split,text,v\ntrain,a b,1\ntest,c d,2\n' >values.csv
expect 0 "$mer" train text --data values.csv --target values --labels v --encoder "$encoder" --out values --epochs 1 -q --keep last
wrong_usage "--robustness is of models of one label" "$mer" eval values --data values.csv --labels v --robustness
finish
