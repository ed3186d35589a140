#!/bin/sh
# head_cnn.sh: --head cnn: convolutions over the tokens of a text are trained, resumed to the same bytes, described,
# quantized, asked, and trained further.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text model --head cnn
small_model text plain
grep -q '"pool": "cnn"' model/config.json || fail "no convolutions in config.json"
expect 0 "$mer" info model
prints '"pool": "cnn"'

# Texts of any length are answered, as mer eval does.
for model in model plain; do
  expect 0 "$mer" eval $model --data data --split test --predictions answers.jsonl
  "$json_lines" label probs <answers.jsonl >evaluated
  awk -F, '$1 == "test" { print "{\"text\":\"" $2 "\"}" }' data/manifest.csv >lines.jsonl
  expect 0 "$mer" predict $model --jsonl lines.jsonl
  "$json_lines" label probs <out | cmp -s - evaluated || fail "$model: eval and predict differ"
done
for text in a "a b" "a b c" "a b c d e"; do
  expect 0 "$mer" predict model --text "$text"
  lines 1
done
expect 1 "$mer" predict model --text " "

expect 0 "$mer" quantize model --out model8
expect 0 "$mer" eval model8 --data data --split test
expect 0 "$mer" quantize model --out model16 --dtype bf16
expect 0 "$mer" eval model16 --data data --split test

# An interrupted training ends in the same bytes.
"$mer" train text --data data --encoder "$encoder" --out whole --epochs 80 --head cnn -q || fail "cannot train"
"$mer" train text --data data --encoder "$encoder" --out part --epochs 80 --head cnn --checkpoint-every 0 -q 2>err &
process=$!
kill_when_saved part
[ -d part.partial ] || fail "the training was not interrupted"
expect 0 "$mer" train text --data data --encoder "$encoder" --out part --epochs 80 --head cnn --resume -q
[ "$(digest whole)" = "$(digest part)" ] || fail "another model after --resume"

# Trained further it begins as it was, head included.
expect 0 "$mer" train text --data data --encoder model --out further --epochs 1 --lr 1e-10 --head cnn --keep-head --dtype f32 -q
answers() { "$mer" eval "$1" --data data --predictions - -q | grep -o '"probs":{[^}]*}' | sed 's/\(\.[0-9]\{3\}\)[0-9]*/\1/g'; }
answers model >given
answers further | cmp -s - given || fail "the model that was kept answers otherwise"
# Convolutions with another head are a warning, the encoder is used.
expect 0 "$mer" train text --data data --encoder model --out other --epochs 1
says "was trained with --context 0 --future 0 --head cnn"
expect 0 "$mer" train text --data data --encoder "$encoder" --out layers --epochs 1 --head cnn --freeze-layers 1 -q
expect 0 "$mer" train text --data data --encoder "$encoder" --out adapted --epochs 1 --head cnn --lora 2 --context 1 -q

wrong_usage "needs an encoder that is trained" "$mer" train text --data data --encoder "$encoder" --out x --head cnn --freeze-encoder
wrong_usage "not their mean" "$mer" train text --data data --encoder "$encoder" --out x --head cnn --text-pool utterance
wrong_usage "--head does not apply" "$mer" train fusion --data data --encoder "$encoder" --out x --head cnn
wrong_usage "--head does not apply" "$mer" train audio --data data --out x --head mlp
finish
