#!/bin/sh
# quantize.sh: `mer quantize`, and its directories wherever a model or an encoder is taken.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio
small_model fusion fusion

# member NAME: of the JSON object that the last command printed over several lines.
member() { tr -d '\n' <out | { cat && echo; } | "$json_lines" "$1"; }
first_label() { "$json_lines" label <out; }

for kind in text fusion; do
  expect 0 "$mer" quantize $kind --out $kind.int8
  prints "$kind.int8: the encoder's weights are int8"
  expect 0 "$mer" quantize $kind --out $kind.bf16 --dtype bf16 --json
  lines 1
  [ "$("$json_lines" model dtype <out)" = "$kind.bf16 bf16" ] || fail "JSON: $(cat out)"
  expect 0 "$mer" predict $kind --text "what a lovely day"
  label=$(first_label)
  for dtype in int8 bf16; do
    expect 0 "$mer" info $kind.$dtype --json
    [ "$(member dtype)" = $dtype ] || fail "info of $kind.$dtype: $(cat out)"
    expect 0 "$mer" predict $kind.$dtype --text "what a lovely day"
    [ "$(first_label)" = "$label" ] || fail "$kind.$dtype answers $(first_label), not $label"
    expect 0 "$mer" eval $kind.$dtype --data data
  done
done
expect 0 "$mer" predict fusion.int8 --audio data/high.wav --text "stop"
lines 1
[ "$(wc -c <text.int8/model.safetensors)" -lt "$(($(wc -c <text/model.safetensors) / 2))" ] || fail "int8 is not small"
cmp -s text/vocab.txt text.int8/vocab.txt || fail "the vocabulary is another"

# A signal that has come already: either nothing is written, or the whole copy; at least once the signal was first.
stopped=0
for signal in INT TERM HUP INT TERM HUP INT TERM HUP; do
  rm -rf early
  run env --default-signal=INT,HUP --block-signal=INT,TERM,HUP sh -c "kill -$signal \$\$; exec '$mer' quantize text --out early"
  [ "$code" -eq 0 ] || [ "$code" -eq "$(status_of $signal)" ] || fail "$signal: exit code $code"
  if [ ! -e early ]; then
    [ "$code" -ne 0 ] || fail "$signal: exit code 0 and no copy"
    says "mer: interrupted; nothing is written"
    stopped=1
  else
    [ "$(digest early)" = "$(digest text.int8)" ] || fail "$signal: the copy is not whole"
  fi
  [ ! -e early.partial ] || fail "$signal: early.partial is left"
done
[ $stopped -eq 1 ] || fail "no signal was heard"

# An encoder by itself, from a file, from memory, and that of a model.
expect 0 "$mer" quantize "$encoder" --out encoder.int8
expect 0 "$mer" info encoder.int8 --json
[ "$(member type) $(member dtype)" = "encoder int8" ] || fail "info: $(cat out)"
expect 0 "$mer" info "$encoder" --json
[ "$(member dtype)" = f32 ] || fail "info: $(cat out)"
printf 'what a day\nnot again\n' >lines.txt
expect 0 "$mer" embed --encoder encoder.int8 lines.txt
lines 2
cp out file.out
expect 0 "$mer" embed --encoder "$encoder" --dtype int8 lines.txt
cmp -s out file.out || fail "int8 from memory is not int8 from the file"
expect 0 "$mer" embed --encoder "$encoder" --dtype f32 lines.txt
! cmp -s out file.out || fail "f32 is int8"
expect 0 "$mer" embed --encoder text.int8 lines.txt
lines 2
fails_with "encoder.int8: is int8, not f32" "$mer" embed --encoder encoder.int8 --dtype f32 lines.txt

# A reduced range, which the directory tells.
expect 0 "$mer" quantize text --out text.reduced --reduce-range
grep -q '"mer_reduce_range": true' text.reduced/config.json || fail "config.json does not tell the range"
expect 0 "$mer" predict text --text "what a lovely day"
label=$(first_label)
expect 0 "$mer" predict text.reduced --text "what a lovely day"
[ "$(first_label)" = "$label" ] || fail "text.reduced answers $(first_label), not $label"
! cmp -s text.int8/model.safetensors text.reduced/model.safetensors || fail "the range was not reduced"
fails_with "only int8 has a range that can be reduced" "$mer" quantize text --out a --dtype bf16 --reduce-range

# Again in the same place; the models stay as they were.
before=$(digest text) once=$(digest text.int8)
expect 0 "$mer" quantize text --out text.int8/
expect 0 "$mer" quantize "$encoder" --out encoder.int8
[ "$(digest text)" = "$before" ] || fail "the model was changed"
[ "$(digest text.int8)" = "$once" ] || fail "quantizing twice gives different bytes"

# Faults.
fails_with "audio: has no encoder whose weights" "$mer" quantize audio --out a
# The source is opened first: what an earlier run has left is still there.
mkdir a.partial
echo half >a.partial/model.safetensors
: >a.partial/.mer-lock
fails_with "text.int8: is int8 already" "$mer" quantize text.int8 --out a
[ "$(cat a.partial/model.safetensors)" = half ] || fail "a refused copy removes what an earlier run has left"
rm -r a.partial
cp -r text b.partial
: >b.partial/.mer-lock
fails_with "expected another folder than the model's own" "$mer" quantize b.partial --out b
cmp -s b.partial/model.safetensors text/model.safetensors || fail "a source that is in the way of its copy is lost"
rm -r b.partial
fails_with "text.int8: is int8 already" "$mer" quantize text.int8 --out on/the/way/a
[ ! -e on ] || fail "a refused copy leaves folders"
fails_with "nowhere/config.json: cannot open" "$mer" quantize nowhere --out a
fails_with "expected another folder than the model's own" "$mer" quantize text --out ./text/
mkdir other
echo mine >other/notes.txt
fails_with "holds no model of mer, so it is not replaced" "$mer" quantize text --out other
[ "$(cat other/notes.txt)" = mine ] || fail "another folder was touched"
cp -r "$encoder" plain
chmod -R u+w plain
fails_with "holds no model of mer, so it is not replaced" "$mer" quantize text --out plain
fails_with "other/notes.txt: is a file" "$mer" quantize text --out other/notes.txt
run sh -c "ulimit -f 20; exec '$mer' quantize text --out a"
[ "$code" -eq 1 ] || fail "a full disk: exit code $code"
says "cannot write: File too large"
[ ! -e a ] && [ -z "$(find . -name '*.tmp-*')" ] || fail "a failed quantization left something behind"
fails_with "text.int8: is int8, which cannot be trained upon" "$mer" train text --data data --encoder text.int8 --out m
fails_with "encoder.int8: is int8, which cannot be trained upon" "$mer" train fusion --data data --encoder encoder.int8 --out m
expect 0 "$mer" train text --data data --encoder text.bf16 --out m --epochs 1 -q
expect 0 "$mer" info m --json
[ "$(member dtype)" = f32 ] || fail "a model trained upon bf16 is not f32"
sed 's/"mer_dtype": "int8"/"mer_dtype": "int4"/' text.int8/config.json >text.bf16/config.json
fails_with "text.bf16/config.json: 'mer_dtype' is \"int4\", expected f32, bf16 or int8" "$mer" predict text.bf16 --text hello
cp text.int8/config.json text.bf16/config.json
fails_with "text.bf16/model.safetensors: tensor 'embeddings.word_embeddings.weight' is BF16, expected I8" \
  "$mer" predict text.bf16 --text hello
sed '/mer_dtype/d' text.int8/config.json >config.json
mv config.json text.int8/config.json
fails_with "text.int8/model.safetensors: tensor 'embeddings.word_embeddings.weight': " "$mer" predict text.int8 --text hello
finish
