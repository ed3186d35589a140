#!/bin/sh
# soft_labels.sh: a training upon the votes of several people, measured by the label.
. "$(dirname "$0")/cli_test.sh"
small_data data
awk -F, -v OFS=, 'NR == 1 { print $0, "votes_joy", "votes_anger", "votes_sadness", "votes_other"; next }
  { print $0, $4 == "joy" ? 6 : 1, $4 == "anger" ? 8 : "", $4 == "sadness" ? 5.5 : 0, 2 }' data/manifest.csv >data/votes.csv
# All votes for the label: the same as no votes.
awk -F, -v OFS=, 'NR == 1 { print $0, "votes_joy", "votes_anger", "votes_sadness"; next }
  { print $0, ($4 == "joy") * 7, ($4 == "anger") * 7, ($4 == "sadness") * 7 }' data/manifest.csv >data/sure.csv
train="$mer train audio --labels joy,anger,sadness --epochs 2"

# shellcheck disable=SC2086 # a list of words
expect 0 $train --data data/votes.csv --soft-labels --out soft
# shellcheck disable=SC2086
expect 0 $train --data data/votes.csv --out hard
cmp -s soft/model.safetensors hard/model.safetensors && fail "votes change nothing"
# shellcheck disable=SC2086
expect 0 $train --data data/sure.csv --soft-labels --out sure
cmp sure/model.safetensors hard/model.safetensors || fail "sure votes are not the label"
expect 0 "$mer" eval soft --data data/votes.csv --split dev -q
grep -q '"soft_labels":true' soft/train.jsonl || fail "the settings do not tell of soft labels"

# JSON lines have them, too.
awk -F, 'NR > 1 { printf "{\"split\":\"%s\",\"audio\":\"%s\",\"label\":\"%s\",\"votes_joy\":\"%s\",\"votes_anger\":\"%s\",\"votes_sadness\":\"%s\"}\n", $1, $3, $4, $5, $6, $7 }' \
  data/votes.csv >data/votes.jsonl
# shellcheck disable=SC2086
expect 0 $train --data data/votes.jsonl --soft-labels --out lines
cmp lines/model.safetensors soft/model.safetensors || fail "JSON lines give other weights"

# A training goes on only upon the same.
# shellcheck disable=SC2086
$train --epochs 100000 --data data/votes.csv --soft-labels --out state --checkpoint-every 0 >out 2>err &
process=$!
kill_when_saved state
# shellcheck disable=SC2086
fails_with "cannot resume: the interrupted run had soft_labels " $train --epochs 100000 --data data/votes.csv --out state --resume -q

# A model learns from others, in the place of votes or beside them.
# shellcheck disable=SC2086
expect 0 $train --data data/votes.csv --soft-labels --teacher soft --teacher hard --out taught -q
grep -q '"hard"' taught/config.json || fail "no teacher in config.json"
# shellcheck disable=SC2086
wrong_usage "--teacher is of --target label" $train --data data/votes.csv --target labels --teacher soft --out new
# shellcheck disable=SC2086
fails_with "mer: " $train --data data/votes.csv --teacher nowhere --out new -q

# shellcheck disable=SC2086
fails_with "data/manifest.csv:1: no column 'votes_joy' in the header" $train --data data/manifest.csv --soft-labels --out new
sed '3s/,[0-9.]*,2$/,-1,2/' data/votes.csv >data/bad.csv
# shellcheck disable=SC2086
fails_with "data/bad.csv:3: votes_sadness '-1': expected a number from 0 to 1000000" $train --data data/bad.csv --soft-labels --out new
# shellcheck disable=SC2086
wrong_usage "--soft-labels is of --target label" $train --data data/votes.csv --target labels --soft-labels --out new
finish
