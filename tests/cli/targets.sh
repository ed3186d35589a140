#!/bin/sh
# targets.sh: `mer train` on rows of several labels, and of values: what it reads, says and leaves out.
. "$(dirname "$0")/cli_test.sh"
small_data data
awk -F, 'BEGIN { OFS = "," }
  NR == 1 { print $0, "arousal", "valence"; next }
  { joy = $4 == "joy"; if (NR % 2 && !joy) $4 = $4 "|joy"; print $0, joy ? .5 : .9, joy ? 1 : -.5 }' \
  data/manifest.csv >data/targets.csv
names=joy,anger,sadness

# small_targets TARGET OUT OPTION...
small_targets() {
  target=$1 out_model=$2
  shift 2
  expect 0 "$mer" train text --data data/targets.csv --target "$target" --encoder "$encoder" --out "$out_model" \
    --epochs 6 --lr 3e-3 --dtype f32 "$@"
}

small_targets labels several --labels $names
prints "macro F1"
prints ", accuracy"
says "macro F1"
small_targets values values --labels arousal,valence
prints "; dev CCC"
small_targets values ccc --labels arousal,valence --loss ccc --json
lines 1
[ "$(digest values)" != "$(digest ccc)" ] || fail "--loss changes nothing"
awk -v ccc="$("$json_lines" dev_ccc <out)" 'BEGIN { exit !(ccc > -1 && ccc <= 1) }' || fail "json: $(cat out)"

expect 0 "$mer" predict several --text "she is gone now"
[ "$(grep -c '"labels":\[' out)" -eq 1 ] || fail "an answer of several labels: $(cat out)"
expect 0 "$mer" predict values --text "she is gone now"
grep -q '"values":{"arousal":' out || fail "an answer of values: $(cat out)"

# What is measured, of which kind the model is.
expect 0 "$mer" eval several --data data/targets.csv --report page.html --predictions p.jsonl
prints "Macro F1 %"
prints "Average precision %"
prints "always the training mean"
grep -q "<title>several on the test split</title>" page.html || fail "no page"
cp p.jsonl out
lines 6
[ "$("$json_lines" true <out | LC_ALL=C sort -u | tr '\n' ' ')" = '["anger"] ["joy","anger"] ["joy","sadness"] ["joy"] ["sadness"] ' ] ||
  fail "true labels: $("$json_lines" true <out | sort -u)"
expect 0 "$mer" eval values --data data/targets.csv --split dev --json --report page.html --predictions p.jsonl
lines 1
[ "$("$json_lines" split metrics.n constant.ccc <out)" = "dev 6 0.0" ] || fail "json: $(cat out)"
grep -q 'class="diagonal"' page.html || fail "no points"
[ "$(grep -c '"true":{"arousal":0.9,"valence":-0.5}' p.jsonl)" -eq 4 ] || fail "true values: $(head -1 p.jsonl)"
expect 0 "$mer" eval values --data data/targets.csv --predictions p.jsonl -q
fails_with "manifest.csv:1: no column 'arousal'" "$mer" eval values --data data

# A model's labels as the data's: by name, several to one, dropped; from a file, too.
expect 0 "$mer" train text --data data --encoder "$encoder" --out seven --epochs 1 -q
sed 's/,joy$/,up/; s/,anger$/,down/; s/,sadness$/,down/' data/manifest.csv >data/own.csv
printf '# other names\njoy=up\nsurprise=up\nanger=down\nsadness=down\nfear=\ndisgust=\nneutral=\n' >map.txt
expect 0 "$mer" eval seven --data data/own.csv --labels up,down --map-labels map.txt --predictions p.jsonl --json
lines 1
dropped="label map: labels of the model that are dropped, so that no answer has them:"
[ "$(grep -cxF "$dropped neutral, fear, disgust" err)" -eq 1 ] || fail "what is dropped: $(cat err)"
head -n 1 p.jsonl | grep -q '"probs":{"up":[0-9.e-]*,"down":[0-9.e-]*},.*"true":"up"' || fail "mapped: $(head -n 1 p.jsonl)"
expect 0 "$mer" eval seven --data data/own.csv --labels up,down -q \
  --map-labels "joy=up,surprise=up,anger=down,sadness=down,fear=,disgust=,neutral="
! grep -q dropped err || fail "with -q it tells what is dropped"
fails_with "not mapped to the data's: neutral, surprise, fear, disgust" "$mer" eval seven --data data/own.csv --labels up,down \
  --map-labels joy=up,anger=down,sadness=down
fails_with "'bliss' is none of the data's labels" "$mer" eval seven --data data --map-labels joy=bliss
fails_with "cannot" "$mer" eval seven --data data --map-labels nowhere.txt
expect 0 "$mer" predict seven --text hello --map-labels joy=happy,fear=,disgust=
grep -q '"neutral":.*"happy":' out && ! grep -q fear out || fail "mapped in predict: $(cat out)"
grep -qxF "$dropped fear, disgust" err || fail "what predict drops: $(cat err)"
expect 0 "$mer" predict seven --text hello --map-labels joy=happy
! grep -q dropped err || fail "nothing is dropped: $(cat err)"

# One label a row: the others are left out, and counted.
expect 0 "$mer" train text --data data/targets.csv --labels $names --encoder "$encoder" --out one --epochs 1
says "rows of several labels are left out"
n_all=$(grep -c '^train' data/targets.csv)
n_several=$(grep -c '^train.*|' data/targets.csv)
prints "; utterances: $((n_all - n_several));"

wrong_usage "--target values needs --labels" "$mer" train text --data data --target values --encoder "$encoder" --out m
wrong_usage "--loss ccc is not one of label: of one label ce, balanced, focal or adjusted, of values mse or ccc" \
  "$mer" train text --data data --loss ccc --encoder "$encoder" --out m
wrong_usage "--loss focal is not one of labels" "$mer" train text --data data --target labels --loss focal --encoder "$encoder" --out m
fails_with "smoothing is of one label; rows of the data have several labels" "$mer" train text --data data/targets.csv --target labels \
  --labels $names --label-smoothing .1 --encoder "$encoder" --out m
wrong_usage "--target is one of label|labels|values" "$mer" train text --data data --target value --out m
fails_with "targets.csv:2: label" "$mer" train text --data data/targets.csv --target labels --labels up,down --encoder "$encoder" --out m
fails_with "no column 'calm' in the header" "$mer" train text --data data/targets.csv --target values --labels calm --encoder "$encoder" \
  --out m
finish
