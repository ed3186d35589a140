#!/bin/sh
# calibrate.sh: temperatures: `mer train --calibrate`, `mer calibrate`, what `mer eval` says of probabilities, and answers that
# are uncertain.
. "$(dirname "$0")/cli_test.sh"
small_data data
# A dev split of which a part is labelled otherwise, so that no classifier is always right on it.
awk -F, 'BEGIN { OFS = "," } /^dev/ && ++n % 3 == 0 { $4 = $4 == "joy" ? "anger" : "joy" } { print }' data/manifest.csv >data/hard.csv
small_model text plain
rate() { "$json_lines" calibration.temperature <out; }
labels_of() { "$json_lines" label <"$1"; }

# Without the option a model has no temperature; with it, it differs by that alone, and answers the same labels.
! grep -q temperature plain/config.json || fail "a temperature that nobody asked for"
expect 0 "$mer" train text --data data/hard.csv --encoder "$encoder" --out without --epochs 2 --lr 1e-3 -q
expect 0 "$mer" train text --data data/hard.csv --encoder "$encoder" --out with --epochs 2 --lr 1e-3 --calibrate --json
lines 1
grep -q '"temperature":' out || fail "no temperature in the result: $(cat out)"
cmp -s without/model.safetensors with/model.safetensors || fail "--calibrate changes the weights"
[ "$(grep -c '^ *"temperature": [0-9]' with/config.json)" -eq 1 ] || fail "no temperature in config.json"
expect 0 "$mer" eval without --data data/hard.csv --split dev --json --predictions before.jsonl
[ "$(rate)" = 1.0 ] || fail "the temperature of a model without: $(cat out)"
! grep -q '"before"' out || fail "two measures of a model without a temperature"
expect 0 "$mer" eval with --data data/hard.csv --split dev --json --predictions after.jsonl --report page.html
[ "$(labels_of before.jsonl)" = "$(labels_of after.jsonl)" ] || fail "a temperature changes labels"
! cmp -s before.jsonl after.jsonl || fail "a temperature changes no probability"
awk -v after="$("$json_lines" calibration.nll <out)" -v before="$("$json_lines" calibration.before.nll <out)" \
  'BEGIN { exit !(after < before) }' || fail "no better after calibration: $(cat out)"
grep -q '<title id="t[0-9]*">Reliability</title>' page.html || fail "no reliability diagram"
grep -q "Without a temperature (dashed)" page.html || fail "the page does not tell what was before"
expect 0 "$mer" eval with --data data/hard.csv
prints "ECE %"
prints "without a temperature"

# An earlier model, in place; also a quantized one. Nothing but the number changes.
cp -r without later
expect 0 "$mer" calibrate later --data data/hard.csv
prints "later: temperature "
prints "utterances of the dev split: 6"
cmp -s without/model.safetensors later/model.safetensors || fail "mer calibrate changes weights"
grep -v temperature later/config.json | sed 's/ *,$//; $a\' >a
sed 's/ *,$//; $a\' without/config.json >b
cmp -s a b || fail "mer calibrate changes more than the temperature: $(diff a b)"
expect 0 "$mer" calibrate later --data data/hard.csv --json
lines 1
again=$(rate)
expect 0 "$mer" eval later --data data/hard.csv --split dev --json
[ "$(rate)" = "$again" ] || fail "a second calibration is another: $again, $(rate)"
expect 0 "$mer" quantize later --out small
expect 0 "$mer" eval small --data data/hard.csv --json
[ "$(rate)" = "$again" ] || fail "a quantized copy loses the temperature"
expect 0 "$mer" calibrate small --data data/hard.csv --split test --json
expect 0 "$mer" predict small --text "what a lovely day"

# What the model would not heed; nothing of it changes.
cksum <later/config.json >kept
for option in "--max-duration 3" "--face-detector ./nowhere"; do
  # shellcheck disable=SC2086 # a list of words
  wrong_usage "${option%% *} does not apply to the text model, which takes no" "$mer" calibrate later --data data $option
done
cksum <later/config.json | cmp -s - kept || fail "a refused calibration changed the model"

# Answers that are not sure enough.
expect 0 "$mer" predict plain --text "what a lovely day" --min-confidence 1
grep -q '"label":"uncertain","probs":{"neutral":' out || fail "an uncertain answer: $(cat out)"
expect 0 "$mer" predict plain --text "what a lovely day" --min-confidence .01
! grep -q uncertain out || fail "a certain answer: $(cat out)"
expect 0 "$mer" eval plain --data data --min-confidence 1 --json --predictions p.jsonl
[ "$("$json_lines" certain.n certain.coverage certain.accuracy <out)" = "0 0.0 null" ] || fail "coverage: $(cat out)"
[ "$(grep -c '"label":"uncertain"' p.jsonl)" -eq 6 ] || fail "predictions: $(cat p.jsonl)"
expect 0 "$mer" eval plain --data data --min-confidence .01
prints "answers with a probability of at least 0.01: 6 of 6 (100.0 %)"

# Labels that become one have the sum of their probabilities, and no measures without the temperature.
prob() { grep -o "\"$1\":[0-9.e-]*" out | cut -d: -f2; }
expect 0 "$mer" predict with --text "what a lovely day"
sum=$(awk -v a="$(prob joy)" -v b="$(prob anger)" 'BEGIN { print a + b }')
expect 0 "$mer" predict with --text "what a lovely day" --map-labels joy=strong,anger=strong
awk -v sum="$sum" -v joined="$(prob strong)" 'BEGIN { exit !(sum > 0 && joined > sum - 1e-5 && joined < sum + 1e-5) }' ||
  fail "joined: $(prob strong), the sum: $sum"
expect 0 "$mer" eval with --data data/hard.csv --map-labels fear=,disgust=,surprise= --json
! grep -q '"before"' out || fail "measures of joined scores without the temperature"
# A label that nothing becomes.
expect 0 "$mer" eval plain --data data --map-labels joy= --json
awk -v nll="$("$json_lines" calibration.nll <out)" 'BEGIN { exit !(nll < 16) }' || fail "NLL: $(cat out)"

# What has no temperature.
awk -F, 'BEGIN { OFS = "," } NR == 1 { print $0, "arousal"; next } { print $0, .5 }' data/manifest.csv >data/values.csv
expect 0 "$mer" train text --data data/values.csv --target values --labels arousal --encoder "$encoder" --out values --epochs 1 -q
fails_with "calibration is of labels; these are values" "$mer" calibrate values --data data/values.csv -q
fails_with "calibration is of labels; the data have values" "$mer" train text --data data/values.csv --target values --labels arousal \
  --encoder "$encoder" --out m --calibrate
fails_with "a minimum confidence is of models of one label; this one answers values" "$mer" predict values --text hello --min-confidence .5
wrong_usage "--min-confidence is of models of one label" "$mer" eval values --data data/values.csv --min-confidence .5
grep -v '^dev' data/manifest.csv >data/no_dev.csv
fails_with "calibration needs a dev split" "$mer" train text --data data/no_dev.csv --encoder "$encoder" --out m --calibrate
awk -F, 'BEGIN { OFS = "," } /^dev/ { $2 = "" } { print }' data/manifest.csv >data/empty_dev.csv
fails_with "calibration needs a dev split, of which no row is complete" "$mer" train text --data data/empty_dev.csv --encoder "$encoder" \
  --out m --calibrate --skip-missing -q
fails_with "patience needs a dev split, of which no row is complete" "$mer" train text --data data/empty_dev.csv --encoder "$encoder" \
  --out m --patience 1 --skip-missing -q
fails_with "the dev split has no utterances" "$mer" calibrate plain --data data/no_dev.csv
sed 's/"temperature": [0-9.]*/"temperature": 0/' later/config.json >a && cp a later/config.json
fails_with "temperature" "$mer" predict later --text hello

# Several labels share one temperature.
awk -F, 'BEGIN { OFS = "," } NR > 1 && NR % 2 { $4 = $4 "|joy" } NR > 1 && NR % 5 == 0 { $4 = "" } { print }' data/manifest.csv |
  sed 's/joy|joy/joy/' >data/several.csv
expect 0 "$mer" train text --data data/several.csv --target labels --labels joy,anger,sadness --encoder "$encoder" --out several \
  --epochs 2 --calibrate -q
grep -q '"temperature":' several/config.json || fail "no temperature of several labels"
expect 0 "$mer" eval several --data data/several.csv --report page.html
prints "temperature"
grep -q '<title id="t[0-9]*">Reliability</title>' page.html || fail "no reliability diagram of several labels"
finish
