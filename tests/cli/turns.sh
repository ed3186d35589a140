#!/bin/sh
# turns.sh: --turns lstm: a layer over the vectors of the turns before an utterance is trained upon a text model, resumed
# to the same bytes, described, quantized, and asked: `mer predict` answers as `mer eval`, and never by later turns.
. "$(dirname "$0")/cli_test.sh"
mkdir data
awk 'BEGIN {
  split("joy,anger,sadness", label, ","); split("what a lovely day,stop that at once,she is gone now", text, ",")
  print "split,text,label,speaker,dialogue,utterance"
  for (i = 0; i < 48; i++) {
    m = i * 7 % 5 % 3 + 1; split_name = i < 24 ? "train" : i < 30 ? "dev" : "test"
    print split_name "," (i % 9 == 4 ? "" : text[m] " " i) "," label[m] ",Ann,d" int(i / 2) % 4 % 3 "," i
  }
}' >data/manifest.csv
small_model text base
layer="--encoder base --freeze-encoder --turns lstm --lr 1e-2 --batch-size 8 --dtype f32"
expect 0 "$mer" train text --data data --out model $layer --epochs 6 -q
expect 0 "$mer" train text --data data --out near $layer --epochs 6 --context 1 -q
grep -q '"turns": "lstm"' model/config.json || fail "no layer over turns in config.json"
grep -q '"context": 64' model/config.json || fail "not all turns are read"
grep -q '"context": 1' near/config.json || fail "more than one turn is read"
expect 0 "$mer" info model
prints '"turns": "lstm"'

# rounded: probabilities to five digits, as the vectors are made in other batches.
rounded() { sed 's/\(0\.[0-9]\{4\}\)[0-9]*/\1/g'; }
# as_lines: the rows of the test split as lines of dialogues.
as_lines() {
  awk -F, '$1 == "test" {
    print "{\"id\":\"row " NR - 2 "\",\"text\":\"" $2 "\",\"speaker\":\"Ann\",\"dialogue\":\"" $5 "\"}"
  }' data/manifest.csv
}
as_lines >lines.jsonl
expect 0 "$mer" quantize model --out model8
expect 0 "$mer" quantize model --out model16 --dtype bf16
for model in model near model8 model16; do
  expect 0 "$mer" eval $model --data data --split test --predictions answers.jsonl
  "$json_lines" id label probs <answers.jsonl | rounded >evaluated
  run "$mer" predict $model --jsonl lines.jsonl
  # A row without text has no answer here, and there that of the model without input.
  grep -v '"error"' out >answered
  "$json_lines" id label probs <answered | rounded >predicted
  cut -d' ' -f1,2 predicted >ids
  grep -F -f ids evaluated | cmp -s - predicted || { fail "$model: eval and predict differ"; grep -F -f ids evaluated | diff - predicted | head; }
  [ "$(wc -l <predicted)" -gt 12 ] || fail "$model: $(wc -l <predicted) answers"
done

# What was said before makes a difference, however it comes, what comes later and who speaks makes none.
turns='"context":[{"speaker":"Ann","text":"she is gone now"},"",{"text":"stop that"}]'
printf '%s\n' '{"text":"go"}' '{"text":"go","speaker":"Bob",'"$turns}" \
  '{"dialogue":1,"text":"she is gone now"}' '{"dialogue":1,"text":"stop that"}' '{"dialogue":1,"text":"go"}' \
  '{"dialogue":2,"text":"go"}' '{"text":"go","future":["stop that"],'"$turns}" >in.jsonl
for model in model near; do
  expect 0 "$mer" predict $model --jsonl in.jsonl
  members probs | rounded >probs
  [ "$(sed -n 1p probs)" != "$(sed -n 2p probs)" ] || fail "$model: the turns make no difference"
  [ "$(sed -n 2p probs)" = "$(sed -n 5p probs)" ] || fail "$model: other answers by dialogue than by context"
  [ "$(sed -n 1p probs)" = "$(sed -n 6p probs)" ] || fail "$model: another dialogue gives a context"
  [ "$(sed -n 2p probs)" = "$(sed -n 7p probs)" ] || fail "$model: what comes later makes a difference"
done
printf '%s\n' '{"text":"go","context":["she is gone","stop that"]}' '{"text":"go","context":["a lovely day","stop that"]}' >in.jsonl
for model in model near; do
  expect 0 "$mer" predict $model --jsonl in.jsonl
  members probs >$model.probs
done
[ "$(uniq near.probs | wc -l)" -eq 1 ] || fail "more turns are read than --context says"
[ "$(uniq model.probs | wc -l)" -eq 2 ] || fail "the turn before the last is not read"
# Longer dialogues than are remembered, and many of them.
awk 'BEGIN { for (i = 0; i < 2000; i++) print "{\"text\":\"go " i % 50 "\",\"dialogue\":" i % 7 "}" }' >many.jsonl
expect 0 "$mer" predict model --jsonl many.jsonl
lines 2000

# An interrupted training ends in the same bytes; other turns are another training.
expect 0 "$mer" train text --data data --out whole $layer --epochs 80 -q
"$mer" train text --data data --out part $layer --epochs 80 --checkpoint-every 0 -q 2>err &
process=$!
kill_when_saved part
[ -d part.partial ] || fail "the training was not interrupted"
expect 1 "$mer" train text --data data --out part $layer --epochs 80 --resume --context 2 -q
says "context"
expect 1 "$mer" train text --data data --out part $layer --epochs 80 --resume --turns text --context 64 -q
says "turns \"lstm\", this one turns"
sed 's/,d1,/,d5,/' data/manifest.csv >other.csv
expect 1 "$mer" train text --data other.csv --out part $layer --epochs 80 --resume -q
expect 0 "$mer" train text --data data --out part $layer --epochs 80 --resume -q
[ "$(digest whole)" = "$(digest part)" ] || fail "another model after --resume"

# A model that has the layer is an encoder without it, of a fusion also with it.
expect 0 "$mer" train text --data data --encoder model --out other --epochs 1
says "was trained with --context 64 --future 0 --text-pool cls --turns lstm"
small_model fusion fusion --modalities text --turns lstm --context 4
expect 0 "$mer" eval fusion --data data --split test
expect 0 "$mer" eval model --data data --robustness
expect 0 "$mer" train text --data data --out taught --encoder base --epochs 1 --teacher model -q

# A comparison of the model alone and with the layer upon it.
cat >runs.json <<END
{"data": {"small": "--data data"},
 "runs": {"text": "text --encoder $encoder --lr 1e-3 --epochs 2",
          "turns": "text --encoder run:text --freeze-encoder --turns lstm --lr 1e-2 --epochs 2"},
 "baseline": "text"}
END
expect 0 "$mer" compare --runs runs.json --out compared -q
prints "turns"
grep -q '"turns": "lstm"' compared/models/small/turns-seed0/config.json || fail "no layer over turns in the comparison"

wrong_usage "needs an encoder that is frozen" "$mer" train text --data data --encoder base --out x --turns lstm
wrong_usage "before an utterance" "$mer" train text --data data --encoder base --out x --turns lstm --freeze-encoder --future 1
wrong_usage "--turns does not apply" "$mer" train audio --data data --out x --turns lstm
wrong_usage "begins anew" "$mer" train text --data data --encoder model --out x $layer --keep-head
sed 's/"lstm"/"gru"/' model/config.json >config && cp config model/config.json
fails_with "'turns' is \"gru\", expected lstm" "$mer" info model
finish
