#!/bin/sh
# bad_input.sh: every bad input ends with exit code 1 and one line that names the file and the fault.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio

# Models and encoders.
damaged() { # damaged NAME FROM: a copy to be damaged
  rm -rf "$1"
  cp -r "$2" "$1"
  chmod -R u+w "$1"
}
damaged short text
head -c 50000 text/model.safetensors >short/model.safetensors
fails_with "short/model.safetensors: " "$mer" predict short --text hello
fails_with "short/model.safetensors: " "$mer" info short
damaged empty text
: >empty/model.safetensors
fails_with "empty/model.safetensors: " "$mer" predict empty --text hello
damaged shape text
sed 's/"intermediate_size": 64/"intermediate_size": 48/' text/config.json >shape/config.json
fails_with "shape/model.safetensors: tensor 'encoder.layer.0.intermediate.dense.weight'" "$mer" predict shape --text hello
damaged hidden audio
sed 's/"hidden": \[/"hidden": [ 99,/' audio/config.json >hidden/config.json
fails_with "hidden/model.safetensors: " "$mer" predict hidden --audio data/high.wav
damaged nolabels text
sed 's/"labels"/"names"/' text/config.json >nolabels/config.json
fails_with "nolabels/config.json: 'mer.labels' does not name 1 to 64 labels" "$mer" predict nolabels --text hello
damaged nojson text
head -c 100 text/config.json >nojson/config.json
fails_with "nojson/config.json:7: not JSON" "$mer" predict nojson --text hello
damaged novocab text
rm novocab/vocab.txt
fails_with "novocab/vocab.txt: cannot open: No such file or directory" "$mer" predict novocab --text hello
fails_with "novocab/vocab.txt: cannot open" "$mer" embed --encoder novocab
fails_with "novocab/vocab.txt: cannot open" "$mer" tokenize --encoder novocab
damaged noweights text
rm noweights/model.safetensors
fails_with "noweights/model.safetensors: cannot open" "$mer" predict noweights --text hello
fails_with "nowhere/config.json: cannot open: No such file or directory" "$mer" predict nowhere --text hello
fails_with "nowhere/config.json: cannot open" "$mer" info nowhere
fails_with "nowhere/config.json: cannot open" "$mer" eval nowhere --data data
fails_with "nowhere/config.json: cannot open" "$mer" embed --encoder nowhere
fails_with "nowhere/config.json: cannot open" "$mer" train text --data data --encoder nowhere --out on/the/way/m
[ ! -e on ] || fail "a refused training leaves folders"
fails_with "an encoder directory is needed for text" "$mer" train text --data data --out m
fails_with "no object 'mer', so this is not a model" "$mer" predict "$encoder" --text hello

# Tables.
fails_with "nowhere" "$mer" train text --data nowhere --encoder "$encoder" --out m
fails_with "nowhere" "$mer" eval text --data nowhere
mkdir nothing
fails_with "nothing" "$mer" train text --data nothing --encoder "$encoder" --out m
fails_with "nothing" "$mer" eval text --data nothing
fails_with "nothing" "$mer" compare --data nothing --encoder "$encoder" --out c
printf 'split,text\ntrain,hello\n' >column.csv
fails_with "column.csv:1: no column 'label'" "$mer" train text --data column.csv --encoder "$encoder" --out m
printf 'split,text,label\ntrain,hello,joy\ntrain,"two\nlines",bliss\n' >label.csv
fails_with "label.csv:3: " "$mer" train text --data label.csv --encoder "$encoder" --out m
says "bliss"
printf 'split,text,label\ntrain,hello,joy\nholdout,hi,joy\n' >split.csv
fails_with "split.csv:3: " "$mer" train text --data split.csv --encoder "$encoder" --out m
says "holdout"
: >zero.csv
fails_with "zero.csv: " "$mer" train text --data zero.csv --encoder "$encoder" --out m
printf 'split,text,label\n' >header.csv
fails_with "header.csv: " "$mer" train text --data header.csv --encoder "$encoder" --out m
mkdir meld
printf 'Sr No.,Utterance,Speaker,Emotion\n1,hi,A,joy\n' >meld/train_sent_emo.csv
fails_with "meld/train_sent_emo.csv" "$mer" train text --data meld --encoder "$encoder" --out m
says "Dialogue_ID"
printf 'split,text,label\ntest,hello,joy\n' >test.csv
fails_with "the training split has no utterances" "$mer" train text --data test.csv --encoder "$encoder" --out m
printf 'split,text,audio,label\ntrain,hello,,joy\n' >noclip.csv
fails_with "has usable audio" "$mer" train audio --data noclip.csv --out m -q
fails_with "no features of 'smell'" "$mer" train audio --modalities smell --data data --out m
printf '\223NUMPY' >smell.npy
wrong_usage "modality '../smell' is a path, expected a name" "$mer" train audio --modalities ../smell --data data --out m
fails_with "gone.npy" "$mer" train audio --data data --features audio=gone.npy --out m
fails_with "features 'face=gone.npy': the model has no modality 'face' that takes features" \
  "$mer" train audio --data data --features face=gone.npy --out m -q
fails_with "features 'text=gone.npy': the model has no modality 'text' that takes features" \
  "$mer" train fusion --data data --encoder "$encoder" --features text=gone.npy --out m -q
fails_with "features 'face=gone.npy': the model has no modality" "$mer" eval audio --data data --features face=gone.npy -q
fails_with "features 'face=gone.npy': the model has no modality" \
  "$mer" compare --data data --encoder "$encoder" --text-epochs 1 --features face=gone.npy --out c -q
for entry in x =x x= ""; do
  wrong_usage "--features takes NAME=PATH, not '$entry'" "$mer" train audio --data data --features "$entry" --out m
  wrong_usage "--features takes NAME=PATH, not '$entry'" "$mer" eval audio --data data --features "$entry"
  wrong_usage "--features takes NAME=PATH, not '$entry'" \
    "$mer" compare --data data --encoder "$encoder" --out c --features "$entry"
done
echo mine >cache.txt
for cache in cache.txt /dev/null; do
  fails_with "$cache: is not a folder, expected one for the cache of features" \
    "$mer" train audio --data data --cache $cache --out m
  fails_with "$cache: is not a folder" "$mer" eval audio --data data --cache $cache
done
[ "$(cat cache.txt)" = mine ] || fail "the file named as the cache is not what it was"
fails_with "nowhere: no such folder of clips" "$mer" train audio --data "$root/sample/meld" --media nowhere --out m

# Labels.
seven=neutral,surprise,fear,sadness,joy,disgust,anger
wrong_usage "--labels: label 'joy' is there twice" "$mer" train text --data data --encoder "$encoder" --out m --labels "$seven,joy"
wrong_usage "--labels: label 1 has no name" "$mer" compare --data data --encoder "$encoder" --out c --labels ,,
wrong_usage "label 'joy' is there twice" "$mer" eval text --data data --labels joy,joy
wrong_usage "--labels: over 4095 bytes" "$mer" eval text --data data --labels "$(seq -s, 2000)"
wrong_usage "label 8 has no name" "$mer" train text --data data --encoder "$encoder" --out m --labels "$seven,"
wrong_usage "more than 64 labels" "$mer" train text --data data --encoder "$encoder" --out m --labels "$seven,$(seq -s, 70)"
wrong_usage "label 7 has no name" "$mer" eval text --data data --labels "neutral,surprise,fear,sadness,joy,disgust, "
expect 0 "$mer" eval text --data data --labels "neutral, surprise, fear, sadness, joy, disgust, anger"

# Models and data that do not fit.
fails_with "the model has 7 labels, the data 3" "$mer" eval text --data data --labels joy,anger,sadness
fails_with "label 1 of the model is 'surprise', of the data 'joy'" \
  "$mer" eval text --data data --labels neutral,joy,surprise,fear,sadness,disgust,anger
printf 'split,text,label\ntrain,hello,joy\n' >trainonly.csv
fails_with "trainonly.csv: the test split has no utterances" "$mer" eval text --data trainonly.csv

# Sound.
echo "this is a text" >text.wav
expect 1 "$mer" predict audio --audio text.wav
lines 1
prints '"error"'
prints "text.wav: not an audio"
says "mer: not answered: 1 of 1"
[ "$(wc -l <err)" -eq 1 ] || fail "not one line for text.wav"
expect 1 "$mer" predict audio --audio nowhere.wav
prints "nowhere.wav: missing file"
expect 1 "$mer" features text.wav -o out.npy
says "text.wav: not an audio"
says "files that could not be used: 1 of 1"
expect 1 "$mer" predict audio text.wav
lines 1
prints "text.wav: not an audio"
# A recording that the shell names as the output, or an array of somebody else, is not replaced; one of mer's and an empty
# file are.
cp data/high.wav mine.wav
fails_with "mine.wav: is not a .npy file that mer has written, so it is not replaced" "$mer" features -o mine.wav data/high.wav
fails_with "mine.wav: is not a .npy file that mer has written, so it is not replaced" "$mer" features mine.wav -o mine.wav
cmp -s mine.wav data/high.wav || fail "features replaced a recording"
cp data/manifest.csv mine.csv
fails_with "mine.csv: is not JSON lines of answers, so it is not replaced" "$mer" eval text --data data --predictions mine.csv
fails_with "mine.csv: is not a report of mer, so it is not replaced" "$mer" eval text --data data --report mine.csv
cmp -s mine.csv data/manifest.csv || fail "eval replaced a table"
for again in 1 2; do expect 0 "$mer" eval text --data data --report page.html --predictions answers.jsonl; done
: >made.npy
expect 0 "$mer" features data/high.wav -o made.npy
cp made.npy first.npy
expect 0 "$mer" features data/high.wav -o made.npy
cmp -s made.npy first.npy || fail "features over a .npy"
expect 0 "$mer" features data/high.wav data/high.wav -o made.npy --frames 10
# As numpy.save writes the array of first.npy, with a header of 128 bytes.
{ printf '\223NUMPY\001\000v\000'; head -c 128 first.npy | tail -c +11 | head -c 117; echo; tail -c +257 first.npy; } >theirs.npy
cp theirs.npy before.npy
fails_with "theirs.npy: is not a .npy file that mer has written, so it is not replaced" "$mer" features data/high.wav -o theirs.npy
cmp -s theirs.npy before.npy || fail "features replaced an array of somebody else"
for image in "" "--image data/high.wav"; do # also beside what the model takes
  # shellcheck disable=SC2086 # a list of words
  wrong_usage "--audio does not apply to a model of the kind text" "$mer" predict text --text hello --audio data/high.wav $image
done
wrong_usage "--audio does not apply to a model of the kind text" "$mer" predict text --audio data/high.wav
wrong_usage "--image does not apply to a model of the kind audio" "$mer" predict audio --audio data/high.wav --image data/high.wav
wrong_usage "--text does not apply to a model of the kind audio" "$mer" predict audio --audio data/high.wav --text hello

# A clip that cannot be read, as there are too many open files, is not a corrupt one: a training ends, or is the whole
# one; a prediction says it.
# scarce N COMMAND...: with N files open at most, of which the script's own are none.
scarce() {
  n=$1
  shift
  run sh -c "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n $n; exec \"\$@\"" sh "$@"
}
if [ "$(head -c 2 "$mer")" != "#!" ]; then # an emulator's script needs files of its own
  named=0
  for n in $(seq 4 12); do
    scarce "$n" "$mer" train audio --data data --out few --epochs 2 --lr 1e-3 -q --no-cache --threads 1
    [ "$code" -ne 0 ] || [ "$(digest few)" = "$(digest audio)" ] || fail "$n files: another model"
    [ "$code" -eq 0 ] || grep -q 'Too many open files$\|Error 24$' err || fail "$n files: $(cat err)"
    grep -q '^mer: data/high.wav: cannot open: Too many open files$' err && named=1
  done
  [ $named -eq 1 ] && [ "$code" -eq 0 ] || fail "no training that ends at a clip, or none that succeeds: $(cat err)"
  small_model fusion fusion
  mkdir full
  cp data/high.wav full/a.wav
  echo hello >full/a.txt
  named=0
  for n in $(seq 3 9); do
    scarce "$n" "$mer" predict fusion full
    if [ "$code" -eq 0 ]; then
      grep -q '"missing":{"audio":"cannot be read"}' out && named=1 || prints '"modalities":["text","audio"]'
    fi
  done
  [ $named -eq 1 ] && [ "$code" -eq 0 ] || fail "no prediction without a sound that cannot be read, or none with it: $(cat out)"
fi

# Folders.
fails_with "nothing: the folder has no media files" "$mer" predict audio nothing
fails_with "nothing: the folder has no texts (.txt)" "$mer" predict text nothing
fails_with "nowhere*: no file has such a name" "$mer" predict audio 'nowhere*'
expect 1 "$mer" predict audio nowhere
prints "nowhere: missing file"
fails_with "nowhere.csv: cannot open: No such file or directory" "$mer" predict text nowhere.csv
fails_with "nowhere.jsonl: cannot open: No such file or directory" "$mer" predict text --jsonl nowhere.jsonl
fails_with "nowhere.txt: cannot open: No such file or directory" "$mer" embed --encoder "$encoder" nowhere.txt

# Places that cannot be written.
echo mine >file
fails_with "file: is a file" "$mer" train audio --data data --out file
mkdir other
echo mine >other/notes.txt
fails_with "holds no model of mer, so it is not replaced" "$mer" train audio --data data --out other
[ "$(cat other/notes.txt)" = mine ] || fail "another folder was touched"
fails_with "file: cannot make the folder: a file has that name" "$mer" train audio --data data --out file/m
fails_with "file/p.jsonl: cannot write: Not a directory" "$mer" eval text --data data --predictions file/p.jsonl
fails_with "file/r.html: " "$mer" eval text --data data --report file/r.html
fails_with "there is no interrupted training to resume" "$mer" train audio --data data --out m --resume
[ ! -e m ] && [ ! -e m.partial ] || fail "a failed training left something behind"

# Bad clips in training data are reported and counted; the training goes on.
cp text.wav data/text.wav
{
  cat data/manifest.csv
  echo "train,hello there,text.wav,joy"
  echo "train,hello again,gone.wav,joy"
} >data/bad.csv
expect 0 "$mer" train audio --data data/bad.csv --out m --epochs 1
says "warning: data/text.wav: corrupt: not an audio"
says "warning: data/gone.wav: missing file"
says "train audio: clips unusable: 2 of 5: 1 missing file, 1 corrupt"
prints "; utterances: 26; "
[ "$(grep -c text.wav err)" -eq 1 ] || fail "text.wav is not reported once"
finish
