#!/bin/sh
# fusion.sh: each kind of fusion is trained, measured, and answers whatever modalities an utterance has.
. "$(dirname "$0")/cli_test.sh"
small_data data

for kind in concat gated attention late; do
  expect 0 "$mer" train fusion --data data --encoder "$encoder" --fusion $kind --modality-dropout .3 --out $kind --epochs 3 --lr 1e-3 -q
  grep -q "\"fusion\": *\"$kind\"" $kind/config.json || fail "$kind: not in config.json"
  expect 0 "$mer" eval $kind --data data -q
  for part in "--text good" "--audio data/high.wav" "--text good --audio data/high.wav"; do
    # shellcheck disable=SC2086 # words
    expect 0 "$mer" predict $kind $part
    lines 1
    prints '"probs"'
  done
  expect 0 "$mer" info $kind
  # What it would say without the sound is what it says of the text alone, and the other way round.
  expect 0 "$mer" predict $kind --text good
  "$json_lines" label probs <out >text
  expect 0 "$mer" predict $kind --audio data/high.wav
  "$json_lines" label probs <out >audio
  expect 0 "$mer" predict $kind --text good --audio data/high.wav --contributions
  lines 1
  "$json_lines" contributions.audio.label contributions.audio.probs <out | cmp -s - text || fail "$kind: another answer without sound"
  "$json_lines" contributions.text.label contributions.text.probs <out | cmp -s - audio || fail "$kind: another answer without text"
  expect 0 "$mer" predict $kind --text good --contributions
  prints '"contributions":{}'
done
# The difference is that of the label which is given.
expect 0 "$mer" predict late --text good --audio data/high.wav --contributions
label=$("$json_lines" label <out)
"$json_lines" "probs.$label" "contributions.text.probs.$label" contributions.text.difference <out |
  awk '{ d = $1 - $2 - $3; exit !(d < 1e-5 && d > -1e-5 && $3 != "-") }' || fail "the difference is another one"
small_model text words
wrong_usage "--contributions does not apply to a model of the kind text" "$mer" predict words --text good --contributions
# Without a choice the bytes are those of concat; without the dropout they are others.
expect 0 "$mer" train fusion --data data --encoder "$encoder" --out usual --epochs 1 -q
expect 0 "$mer" train fusion --data data --encoder "$encoder" --out same --fusion concat --modality-dropout 0 --unimodal-loss 0 --epochs 1 -q
cmp -s usual/model.safetensors same/model.safetensors || fail "--fusion concat is not the default"
expect 0 "$mer" train fusion --data data --encoder "$encoder" --out dropped --modality-dropout .5 --epochs 1 -q
! cmp -s usual/model.safetensors dropped/model.safetensors || fail "--modality-dropout changes nothing"
expect 0 "$mer" train fusion --data data --encoder "$encoder" --out unimodal --unimodal-loss 1 --epochs 1 -q
! cmp -s usual/model.safetensors unimodal/model.safetensors || fail "--unimodal-loss changes nothing"
# Of vectors alone no layer has as many rows as the batch with each modality alone.
expect 0 "$mer" features $(awk -F, 'NR > 1 { print "data/" $3 }' data/manifest.csv) -o vectors.npy
expect 0 "$mer" train fusion --data data --modalities audio,face --features face=vectors.npy --unimodal-loss 1 \
  --batch-size 24 --out vectors --epochs 1 -q

sed 's/"projection": *128/"projection": 0/' gated/config.json >config && cp config gated/config.json
fails_with "the fusion 'gated' needs a 'mer.projection'" "$mer" eval gated --data data -q
sed 's/"hidden": *\[\]/"hidden": [4]/' late/config.json >config && cp config late/config.json
fails_with "'mer.hidden' is not empty, but the fusion 'late' has no head" "$mer" eval late --data data -q
sed 's/"fusion": *"attention"/"fusion": "sum"/' attention/config.json >config && cp config attention/config.json
fails_with "the unknown fusion 'sum'" "$mer" eval attention --data data -q
wrong_usage "concat|gated|attention|late" "$mer" train fusion --data data --encoder "$encoder" --out m --fusion sum
for option in "--fusion gated" "--modality-dropout .2" "--unimodal-loss 1"; do
  # shellcheck disable=SC2086 # words
  wrong_usage "of several modalities" "$mer" train fusion --modalities text --data data --encoder "$encoder" --out m $option
done
wrong_usage "are those of the kind fusion" "$mer" train text --data data --encoder "$encoder" --out m --fusion gated
wrong_usage "are those of the kind fusion" "$mer" train audio --data data --out m --modality-dropout .2
wrong_usage "are those of the kind fusion" "$mer" train audio --data data --out m --unimodal-loss 1
wrong_usage "0 to 100" "$mer" train fusion --data data --encoder "$encoder" --out m --unimodal-loss 101
finish
