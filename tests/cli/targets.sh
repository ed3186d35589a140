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

# One label a row: the others are left out, and counted.
expect 0 "$mer" train text --data data/targets.csv --labels $names --encoder "$encoder" --out one --epochs 1
says "rows of several labels are left out"
n_all=$(grep -c '^train' data/targets.csv)
n_several=$(grep -c '^train.*|' data/targets.csv)
prints "; utterances: $((n_all - n_several));"

wrong_usage "--target values needs --labels" "$mer" train text --data data --target values --encoder "$encoder" --out m
wrong_usage "--loss is that of --target values" "$mer" train text --data data --loss ccc --encoder "$encoder" --out m
wrong_usage "--target is one of label|labels|values" "$mer" train text --data data --target value --out m
fails_with "targets.csv:2: label" "$mer" train text --data data/targets.csv --target labels --labels up,down --encoder "$encoder" --out m
fails_with "no column 'calm' in the header" "$mer" train text --data data/targets.csv --target values --labels calm --encoder "$encoder" \
  --out m
finish
