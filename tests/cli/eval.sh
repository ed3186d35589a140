#!/bin/sh
# eval.sh: what `mer eval` measures and writes.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model fusion fusion

expect 0 "$mer" eval text --data data
prints "majority class"
prints "Weighted F1 %"
prints "true \\ predicted"
expect 0 "$mer" eval text --data data --json
lines 1
[ "$("$json_lines" model split metrics.n majority.n skipped <out)" = "text test 6 6 0" ] || fail "json: $(cat out)"
expect 0 "$mer" eval text --data data --json --split dev --limit 4
[ "$("$json_lines" split metrics.n <out)" = "dev 4" ] || fail "limit: $(cat out)"
expect 0 "$mer" eval fusion --data data --predictions p.jsonl --report report.html --split train -q
cp p.jsonl out
lines 24
[ "$("$json_lines" true <out | sort | uniq -c | tr -s ' \n' ' ')" = " 8 anger 8 joy 8 sadness " ] || fail "true labels"
grep -q "<title>fusion on the train split</title>" report.html || fail "no report"
grep -q "where this page says test, read train" report.html || fail "the report does not tell its split"
expect 0 "$mer" eval fusion/ --data data --report report.html
grep -q "<h1>fusion on the test split</h1>" report.html || fail "the report's heading"
! grep -q "read test" report.html || fail "a note where none is needed"
grep -q "mer eval fusion/ --data data --report report.html" report.html || fail "the report does not tell its command"
expect 0 "$mer" eval text --data data --predictions - --json
[ "$(wc -l <out)" -eq 7 ] || fail "predictions on standard output: $(wc -l <out) lines"
name=$(printf 't\351xt')
cp -r text "$name"
expect 0 "$mer" eval "$name" --data data --json --report report.html
lines 1
expect 0 "$mer" info "$name" --json
{ echo "split,text,audio,label" && echo "test,hello,gone.wav,joy" && echo "test,hello,,joy"; } >data/missing.csv
expect 0 "$mer" eval fusion --data data/missing.csv
says "warning: data/gone.wav: missing file"
says "test audio: clips unusable: 1 of 1: 1 missing file"
fails_with "" "$mer" eval fusion --data data/missing.csv --skip-missing -q

# A row of which nothing can be read has no answer in predict; eval says how it counts.
printf 'split,text,audio,label\ntest,hello,gone.wav,joy\ntest," ",,joy\ntest,,high.wav,joy\n' >data/nothing.csv
expect 0 "$mer" eval fusion --data data/nothing.csv --json --report nothing.html --predictions nothing.jsonl
says "utterances of which the fusion model can read nothing: 1 of 3; what it gives without input counts in the metrics"
[ "$("$json_lines" metrics.n without_input <out)" = "3 1" ] || fail "without input: $(cat out)"
grep -q "utterances without input" nothing.html || fail "the report does not count rows without input"
[ "$(grep -c '"modalities":\[\]' nothing.jsonl)" -eq 1 ] || fail "predictions: $(cat nothing.jsonl)"
fails_with "label" "$mer" eval text --data data --labels joy,sadness,anger

# What a model of text alone would not heed.
wrong_usage "--max-duration does not apply to the text model, which takes no sound" "$mer" eval text --data data --max-duration 5
wrong_usage "--face-detector does not apply to the fusion model, which takes no images" \
  "$mer" eval fusion --data data --face-detector ./nowhere
fails_with "./clips: a folder of clips belongs to a data set of MELD's layout" "$mer" eval text --data data --media ./clips
expect 0 "$mer" eval fusion --data data --max-duration 5

# Clips may be as long as those of the model's training.
expect 0 "$mer" train audio --data data --max-duration .11 --epochs 1 --calibrate --out brief -q
for command in eval calibrate; do
  expect 0 "$mer" $command brief --data data
  grep -q "too long" err || fail "$command: longer clips than in the training: $(cat err)"
  expect 0 "$mer" $command brief --data data --max-duration 5
  ! grep -q "too long" err || fail "$command --max-duration is not heeded: $(cat err)"
done

# A model with labels of its own needs none named.
sed 's/,joy$/,up/; s/,anger$/,down/; s/,sadness$/,down/' data/manifest.csv >data/own.csv
expect 0 "$mer" train text --data data/own.csv --labels up,down --encoder "$encoder" --out own --epochs 1 -q
expect 0 "$mer" eval own --data data/own.csv
prints "true \\ predicted"
prints "down"
# The surest mistakes, with their clips.
small_model text text
expect 0 "$mer" eval text --data data --split train --report mistakes.html --examples 3 -q
wrong=$("$mer" eval text --data data --split train --json -q | grep -o '"accuracy":[^,]*' | head -n 1)
expected=3
[ "$wrong" != '"accuracy":1.0' ] || expected=0
[ "$(grep -c 'class="example"' mistakes.html)" -eq "$expected" ] || fail "not $expected examples at $wrong"
[ "$expected" -eq 0 ] || grep -q 'src="data:audio/wav;base64,UklGR' mistakes.html || fail "no clip in the page"
wrong_usage "--examples needs --report" "$mer" eval text --data data --examples 3
finish
