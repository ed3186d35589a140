#!/bin/sh
# images.sh: a classifier of images on the command line: files, folders, lines, a manifest, a training upon it.
. "$(dirname "$0")/cli_test.sh"
model=$root/tests/golden/vision/vit images=$root/tests/golden/images

expect 0 "$mer" predict "$model" --image "$images/photo.png"
lines 1
[ "$(members id modalities)" = "$images/photo.png [\"image\"]" ] || fail "a file: $(cat out)"
expect 1 "$mer" predict "$model" --image "$images/faults/cut.png"
prints "cut.png: its picture cannot be decoded (damaged or cut short)"
wrong_usage "--text does not apply to a model of the kind image" "$mer" predict "$model" --text "what a day"

mkdir faces
cp "$images/photo.png" faces/a.png
cp "$images/even.webp" faces/b.webp
cp "$images/video.avi" faces/c.avi
cp "$images/faults/text.jpg" faces/d.jpg
expect 1 "$mer" predict "$model" faces
lines 4
[ "$(members id | tr '\n' ' ')" = "a.png b.webp c.avi d.jpg " ] || fail "a folder: $(cat out)"
[ "$(grep -c '"error"' out)" -eq 2 ] || fail "not two errors: $(cat out)"
prints "c.avi: no face detector: 'tools/get-encoder centerface' fetches one"

printf '%s\n' '{"id": 1, "image": "faces/a.png"}' '{"id": 2, "image": 5}' '{"id": 3, "image": "faces/none.png"}' >in.jsonl
expect 1 "$mer" predict "$model" --jsonl in.jsonl
lines 3
prints 'in.jsonl:2: \"image\" is not a text'
prints "none.png: missing file"

printf 'split,image,label\n' >faces.csv
for split in train dev test; do
  printf "$split,faces/a.png,joy\n$split,faces/b.webp,fear\n$split,faces/c.avi,anger\n" >>faces.csv
done
echo test,faces/d.jpg,joy >>faces.csv
expect 0 "$mer" eval "$model" --data faces.csv --split test --json
says "faces/d.jpg: corrupt"
says "test image: images unusable: 1 of 4: 1 corrupt"
says "images in more than one split, so that results are too good: 6"
[ "$(members metrics.n)" = 4 ] || fail "eval: $(cat out)"

# A classifier of more labels than a model can have, as those of ImageNet: an encoder to train upon.
cp -r "$model" many
labels=$(seq 7 64 | awk '{ printf "\"%d\": \"crane\", ", $1 }')
sed "s/\"id2label\": {/&$labels/" "$model/config.json" >many/config.json
expect 0 "$mer" info many
prints "type                 encoder"
prints "n_labels             65"
fails_with "many/config.json: a classifier of 65 labels, but a model answers at most 64" "$mer" predict many --image faces/a.png
expect 0 "$mer" train image --data faces.csv --image-encoder many --out upon --epochs 1 --dtype f32
expect 0 "$mer" predict upon --image faces/b.webp

expect 0 "$mer" train image --data faces.csv --image-encoder "$model" --out trained --epochs 1 --dtype f32
expect 0 "$mer" predict trained --image faces/b.webp
[ "$(members modalities)" = '["image"]' ] || fail "the trained model: $(cat out)"
expect 0 "$mer" info trained
prints "image"
wrong_usage "expected the directory of an encoder of images" "$mer" train image --data faces.csv --out m
wrong_usage "--image-encoder does not apply to text" "$mer" train text --data faces.csv --encoder e --image-encoder "$model" --out m
wrong_usage "is not the folder of an encoder of images" "$mer" train image --data faces.csv --image-encoder ./nowhere --out m
fails_with "not an encoder of images" "$mer" train image --data faces.csv --image-encoder "$encoder" --out m -q
finish
