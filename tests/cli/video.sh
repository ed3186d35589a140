#!/bin/sh
# video.sh: videos on the command line: the faces in them, as a model of images takes them, beside their sound. The detector of
# the golden files calls places of noise faces, and those of a grey picture where it says so; that is enough to go all ways.
. "$(dirname "$0")/cli_test.sh"
videos=$root/tests/golden/videos detector=$root/tests/golden/faces/network vit=$root/tests/golden/vision/vit

# One file: frames, and what is missing.
expect 0 "$mer" predict "$vit" --video "$videos/plain.mp4" --face-detector "$detector"
[ "$(members id modalities frames.seen)" = "$videos/plain.mp4 [\"image\"] 6" ] || fail "a video: $(cat out)"
[ "$(members frames.with_face)" -ge 1 ] || fail "no face: $(cat out)"
expect 1 "$mer" predict "$vit" --video "$videos/plain.mp4"
prints "no face detector: 'tools/get-encoder centerface' fetches one"
expect 1 "$mer" predict "$vit" --video "$root/tests/golden/images/faults/text.jpg" --face-detector "$detector"
fails_with "cannot open: No such file" "$mer" predict "$vit" --video "$videos/plain.mp4" --face-detector ./nowhere

# The name alone finds one where encoders are looked for.
mkdir -p encoders
cp -r "$detector" encoders/centerface
export MER_ENCODERS="$PWD/encoders"
expect 0 "$mer" predict "$vit" --video "$videos/plain.mp4"

# A folder, and lines.
mkdir clips
cp "$videos/plain.mp4" "$videos/turned.mp4" "$videos/uneven.mkv" "$videos/one.mp4" clips
expect 0 "$mer" predict "$vit" clips
lines 4
[ "$(members frames.seen | tr '\n' ' ')" = "1 6 6 6 " ] || fail "a folder: $(cat out)"
printf '%s\n' '{"id": 1, "video": "clips/plain.mp4"}' '{"id": 2, "video": 5}' '{"id": 3, "video": "clips/none.mp4"}' >in.jsonl
expect 1 "$mer" predict "$vit" --jsonl in.jsonl
lines 3
prints 'in.jsonl:2: \"video\" is not a text'
prints "none.mp4: missing file"

# A column of videos trains, is kept, and is measured; sound and image of one file answer together.
{
  echo split,video,audio,label
  for split in train dev test; do
    echo "$split,clips/plain.mp4,clips/plain.mp4,joy"
    echo "$split,clips/uneven.mkv,,fear"
    echo "$split,clips/one.mp4,,joy"
  done
} >videos.csv
train="$mer train image --data videos.csv --image-encoder $vit --dtype f32 --epochs 2 -q"
# shellcheck disable=SC2086 # a list of words, here and below
{
  expect 0 $train --out trained
  expect 0 $train --out again
}
cmp -s trained/model.safetensors again/model.safetensors || fail "the same faces from the cache train another model"
expect 0 "$mer" eval trained --data videos.csv --split test --json
[ "$(members metrics.n)" = 3 ] || fail "eval: $(cat out)"
expect 0 "$mer" train fusion --modalities audio,image --data videos.csv --image-encoder "$vit" --epochs 1 -q --out both
expect 0 "$mer" predict both --video clips/plain.mp4
[ "$(members modalities)" = '["audio","image"]' ] || fail "sound and faces: $(cat out)"
expect 0 "$mer" predict both --video clips/one.mp4
[ "$(members modalities)" = '["image"]' ] || fail "faces alone: $(cat out)"

# The sound of a row's video is heard where no other is named; two of the three have none.
cut -d, -f1,2,4 videos.csv >seen.csv
expect 0 "$mer" train audio --data seen.csv --epochs 1 --out heard
expect 0 "$mer" eval heard --data seen.csv --split test --json
[ "$(members metrics.n without_input)" = "3 2" ] || fail "eval of a video's sound: $(cat out)"

# Without a detector there is one line, and nothing to train on.
unset MER_ENCODERS
expect 0 "$mer" eval trained --data videos.csv --split test
says "no face detector, so that videos are not used: 3; 'tools/get-encoder centerface' fetches one"
finish
