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
# The surest mistakes show the face that was looked at, if one was, beside the video; so does a comparison. Nothing has
# taught the model disgust.
grep -E '^(split|test),' videos.csv | sed 's/joy$/disgust/; s/fear$/disgust/' >wrong.csv
expect 0 "$mer" predict "$vit" clips/plain.mp4 clips/uneven.mkv clips/one.mp4
n_faces=$(members frames.with_face | grep -vc '^0$')
expect 0 "$mer" eval trained --data wrong.csv --report wrong.html --examples 9 -q
[ "$(grep -c 'class="example"' wrong.html)" -eq 3 ] || fail "not all mistakes"
grep -o 'src="data:image/bmp;base64,Qk0[^"]*' wrong.html | sort >faces
[ "$(wc -l <faces)" -eq "$n_faces" ] || fail "not the faces of $n_faces videos"
printf '{"data": {"a": "--data videos.csv"}, "test": {"b": "--data wrong.csv"},
  "runs": {"faces": "image --image-encoder %s --dtype f32 --epochs 2"}}' "$vit" >runs.json
expect 0 "$mer" compare --runs runs.json --out compared -q --examples 9
grep -o 'src="data:image/bmp;base64,[^"]*' compared/report.html | sort | cmp -s - faces || fail "other faces in the comparison"
expect 0 "$mer" train fusion --modalities audio,image --data videos.csv --image-encoder "$vit" --epochs 1 -q --out both
expect 0 "$mer" predict both --video clips/plain.mp4
[ "$(members modalities)" = '["audio","image"]' ] || fail "sound and faces: $(cat out)"
expect 0 "$mer" predict both --video clips/one.mp4
[ "$(members modalities)" = '["image"]' ] || fail "faces alone: $(cat out)"

# Attention over the faces: trained, measured, asked, trained further with its head, rounded.
# shellcheck disable=SC2086
expect 0 $train --out attended --frames attention
grep -q '"frames": "attention"' attended/config.json || fail "no attention in config.json"
expect 0 "$mer" eval trained --data videos.csv --split test --predictions trained.jsonl
expect 0 "$mer" eval attended --data videos.csv --split test --predictions attended.jsonl
expect 0 "$mer" predict attended --video clips/plain.mp4
same_probs() { grep -o '"probs":{[^}]*}' "$1" | head -n 1 | sed 's/\(\.[0-9]\{4\}\)[0-9]*/\1/g'; }
[ "$(same_probs out)" = "$(same_probs attended.jsonl)" ] || fail "predict and eval differ: $(cat out attended.jsonl)"
[ "$(same_probs trained.jsonl)" != "$(same_probs attended.jsonl)" ] || fail "attention changes nothing"
further="$mer train image --data videos.csv --image-encoder attended --lr 1e-10 --dtype f32 --epochs 1 --out further"
# shellcheck disable=SC2086
{
  fails_with "attended: was trained with --frames attention; its head can be kept only so" $further -q --keep-head
  expect 0 $further --keep-head --frames attention
  expect 0 "$mer" predict further --video clips/plain.mp4
  [ "$(same_probs out)" = "$(same_probs attended.jsonl)" ] || fail "the attention of the model is not kept: $(cat out)"
  rm -r further
  expect 0 $further
  says "attended: was trained with --frames attention, which is not used with --frames mean"
}
expect 0 "$mer" quantize attended --out attended8
expect 0 "$mer" predict attended8 --video clips/plain.mp4
expect 2 "$mer" train text --data videos.csv --encoder "$root/tests/golden/bert" --out no --frames attention
says "--frames does not apply to text"
sed 's/"frames": "attention"/"frames": "most"/' attended/config.json >config.json
cp -r attended other
mv config.json other
fails_with "'frames' is \"most\", expected attention" "$mer" predict other --video clips/plain.mp4
# The encoder may be frozen: the attention is trained all the same.
frozen="$mer train fusion --modalities audio,image --data videos.csv --image-encoder attended --dtype f32 -q --frames attention"
# shellcheck disable=SC2086
{
  expect 0 $frozen --epochs 3 --out joint
  expect 0 $frozen --epochs 3 --out joint_again --checkpoint-every 0
}
cmp -s joint/model.safetensors joint_again/model.safetensors || fail "the same training gives another fusion"
# The vectors of its faces were computed once: what the training says of dev is what the faces themselves give.
# shellcheck disable=SC2086
expect 0 $frozen --epochs 1 --keep last --out once
expect 0 "$mer" eval once --data videos.csv --split dev --json
[ "$(members metrics.loss | cut -c 1-8)" = "$(grep -o '"dev":{[^}]*}' once/train.jsonl | grep -o '"loss":[0-9.]*' | cut -c 8-15)" ] ||
  fail "dev: $(cat out once/train.jsonl)"
# A model without attention gets a new one, its head is kept.
expect 0 "$mer" train image --data videos.csv --image-encoder cnn --epochs 1 -q --out plain_cnn
expect 0 "$mer" train image --data videos.csv --image-encoder plain_cnn --keep-head --frames attention --epochs 1 -q --out more
grep -q '"frames": "attention"' more/config.json || fail "no attention upon a model without"
expect 0 "$mer" predict joint --video clips/plain.mp4
[ "$(members modalities)" = '["audio","image"]' ] || fail "sound and attended faces: $(cat out)"

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
