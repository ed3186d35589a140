#!/bin/sh
# links.sh: inputs that are symbolic links: folders, files one by one (as caches of downloads lay them out), links to links,
# and links that lead nowhere or to themselves.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model fusion model
"$mer" quantize model --out model8 >/dev/null || fail "cannot quantize"

# linked FOLDER NEW: NEW has a link for each file of FOLDER, through a second link.
linked() {
  mkdir -p "$2" blobs
  for file in "$1"/*; do
    name=$(basename "$file")
    cp "$file" "blobs/$2-$name"
    ln -s "$work/blobs/$2-$name" "blobs/$2-$name.again"
    ln -s "../blobs/$2-$name.again" "$2/$name"
  done
}

# answer MODEL CLIP: what a model says of a text and a clip.
answer() { "$mer" predict "$1" --text "what a lovely day" --audio "$2" | sed 's/"id":[^,]*,//'; }

ln -s model here
ln -s data there
linked model files
linked model8 files8
linked data data-files
right=$(answer model data/high.wav)
[ -n "$right" ] || fail "no answer"
[ "$(answer here there/high.wav)" = "$right" ] || fail "another answer through links to folders"
[ "$(answer files data-files/high.wav)" = "$right" ] || fail "another answer through links to files"
[ "$(answer files8 data/high.wav)" = "$(answer model8 data/high.wav)" ] || fail "another answer of int8 through links"

expect 0 "$mer" eval model --data data --json
grep -v '"path"\|"data"' out >direct
for data in there data-files data-files/manifest.csv; do
  expect 0 "$mer" eval here --data "$data" --json
  grep -v '"path"\|"data"' out | cmp -s - direct || fail "another evaluation of $data"
done
linked "$encoder" encoder-files
expect 0 "$mer" train text --data there --encoder encoder-files --out from-links --epochs 1 --lr 1e-3 -q
expect 0 "$mer" train text --data data --encoder "$encoder" --out from-files --epochs 1 --lr 1e-3 -q
cmp -s from-links/model.safetensors from-files/model.safetensors || fail "another model from links"

# A folder of recordings: each link is a recording of its own name.
mkdir recordings
ln -s ../data/high.wav recordings/a.wav
ln -s ../data/low.wav recordings/b.wav
ln -s nowhere.wav recordings/c.wav
expect 1 "$mer" predict model recordings
lines 3
prints '"id":"a.wav"'
prints 'c.wav'

# A training says where a link has put the model.
ln -s elsewhere placed
expect 0 "$mer" train text --data data --encoder "$encoder" --out placed --epochs 1 --limit 1 -q
prints "placed ($(pwd -P)/elsewhere): epoch 1 of 1; utterances: 1; "
[ -L placed ] && [ -s elsewhere/model.safetensors ] || fail "the model is not where the link leads"

# Files too are written where links lead that lead nowhere yet.
ln -s page.html to_page
ln -s answers.jsonl to_answers
for _ in 1 2; do
  expect 0 "$mer" eval model --data data --report to_page --predictions to_answers
  [ -L to_page ] && [ -L to_answers ] && [ -s page.html ] && [ "$(wc -l <answers.jsonl)" -eq 6 ] ||
    fail "the report or the answers are not where the links lead"
done

# Links that lead nowhere or to themselves end in one line.
ln -s nowhere dangling
ln -s ring ring
for bad in dangling ring; do
  for command in "info $bad" "predict $bad --text a" "eval model --data $bad" "tokenize a --encoder $bad" \
    "quantize $bad --out new" "train text --data data --encoder $bad --out new"; do
    # shellcheck disable=SC2086 # a list of words
    run "$mer" $command
    [ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || { fail "mer $command: exit code $code"; head -n 3 err; }
    grep -q "$bad" err || { fail "mer $command does not name $bad"; cat err; }
  done
done
expect 1 "$mer" features dangling ring data/high.wav -o features.npy
says dangling
says ring
[ ! -e new ] && [ ! -e new.partial ] || fail "something was written"
finish
