#!/bin/sh
# context.sh: models that read the turns of a dialogue: `mer predict` on lines of dialogues answers as `mer eval` on the
# rows of the same data, and takes what is no context as it comes.
. "$(dirname "$0")/cli_test.sh"
mkdir data
awk 'BEGIN {
  split("joy,anger,sadness", label, ","); split("what a lovely day,stop that at once,she is gone now", text, ",")
  split("Ann,Bob,Cid", name, ",")
  print "split,text,label,speaker,dialogue,utterance"
  for (i = 0; i < 48; i++) {
    m = i * 7 % 5 % 3 + 1; split_name = i < 24 ? "train" : i < 30 ? "dev" : "test"
    print split_name "," (i % 9 == 4 ? "" : text[m] " " i) "," label[m] "," (i % 7 == 3 ? "" : name[i % 3 + 1]) ",d" \
      int(i / 2) % 4 % 3 "," i
  }
}' >data/manifest.csv
small_model text plain
small_model text model --context 3
small_model text mean --context 1 --text-pool utterance
grep -q '"pool": "utterance"' mean/config.json || fail "no pooling in config.json"
grep -q '"context": 3' model/config.json || fail "no context in config.json"
grep -q '"context"\|"future"\|"speaker_names"' plain/config.json && fail "a context in the config.json of a model without"
expect 0 "$mer" info model
prints '"context": 3'

# as_lines: the rows of the test split as lines of dialogues.
as_lines() {
  awk -F, '$1 == "test" {
    print "{\"id\":\"row " NR - 2 "\",\"text\":\"" $2 "\"" ($4 == "" ? "" : ",\"speaker\":\"" $4 "\"") ",\"dialogue\":\"" $5 "\"}"
  }' data/manifest.csv
}
as_lines >lines.jsonl
for model in model mean plain; do
  expect 0 "$mer" eval $model --data data --split test --predictions answers.jsonl
  "$json_lines" id label probs <answers.jsonl >evaluated
  run "$mer" predict $model --jsonl lines.jsonl
  # A row without text has no answer here, and there that of the model without input.
  grep -v '"error"' out >answered
  "$json_lines" id label probs <answered >predicted
  cut -d' ' -f1,2 predicted >ids
  grep -F -f ids evaluated | cmp -s - predicted || { fail "$model: eval and predict differ"; diff evaluated predicted | head; }
  [ "$(wc -l <predicted)" -gt 12 ] || fail "$model: $(wc -l <predicted) answers"
done

# The context makes a difference, however it comes.
turns='"context":[{"speaker":"Ann","text":"she is gone now"},{"text":"stop that"}]'
printf '%s\n' '{"text":"go","speaker":"Bob"}' '{"text":"go","speaker":"Bob",'"$turns}" \
  '{"dialogue":1.0,"speaker":"Ann","text":"she is gone now"}' '{"dialogue":1.0,"text":"stop that"}' \
  '{"dialogue":1.0,"text":"go","speaker":"Bob"}' '{"dialogue":[1.0],"text":"go","speaker":"Bob"}' >in.jsonl
expect 0 "$mer" predict model --jsonl in.jsonl
members probs >probs
[ "$(sed -n 1p probs)" != "$(sed -n 2p probs)" ] || fail "the context makes no difference"
[ "$(sed -n 2p probs)" = "$(sed -n 5p probs)" ] || fail "other answers by dialogue than by context"
[ "$(sed -n 1p probs)" = "$(sed -n 6p probs)" ] || fail "another dialogue gives a context"

# What is no context is named, line by line; a model that reads none does not look at it.
printf '%s\n' '{"id":1,"text":"go","context":"hi"}' '{"id":2,"text":"go","context":[5]}' \
  '{"id":3,"text":"go","context":[{"text":1}]}' '{"id":4,"text":"go","speaker":{}}' \
  '{"id":5,"text":"go","context":[],"context":[]}' '{"id":6,"text":"go","future":7}' \
  '{"id":7,"text":"go","context":null,"speaker":null,"dialogue":null}' '{"id":8,"text":"go","context":["",{}]}' >odd.jsonl
expect 1 "$mer" predict model --jsonl odd.jsonl
lines 8
[ "$(grep -c '"error"' out)" -eq 6 ] || fail "odd contexts: $(cat out)"
prints 'odd.jsonl:1: \"context\" is not a list'
prints 'odd.jsonl:2: \"context\": number 1 is not a text'
prints 'odd.jsonl:3: \"text\" is not a text'
prints 'odd.jsonl:4: \"speaker\" is not a text or a number'
prints 'odd.jsonl:5: \"context\" is there twice'
prints 'odd.jsonl:6: \"future\" is not a list'
expect 0 "$mer" predict plain --jsonl odd.jsonl
cp out with
sed 's/"text":"go".*/"text":"go"}/' odd.jsonl >bare.jsonl
expect 0 "$mer" predict plain --jsonl bare.jsonl
cmp -s out with || fail "a model without context looks at it"

# 100,000 turns, in one line and in as many dialogues.
awk 'BEGIN {
  printf "{\"text\":\"go\",\"speaker\":\"Bob\",\"context\":["
  for (i = 0; i < 100000; i++) printf "{\"speaker\":\"s%d\",\"text\":\"turn %d\"},", i, i
  print "{\"speaker\":\"Ann\",\"text\":\"she is gone now\"}, \"stop that\"]}"
}' >many.jsonl
expect 0 "$mer" predict model --jsonl many.jsonl
lines 1
awk 'BEGIN { for (i = 0; i < 20000; i++) print "{\"text\":\"go\",\"dialogue\":" i % 5000 ",\"speaker\":" i "}" }' >dialogues.jsonl
expect 0 "$mer" predict model --jsonl dialogues.jsonl
lines 20000

expect 0 "$mer" quantize mean --out mean8
expect 0 "$mer" predict mean8 --jsonl in.jsonl
# A quantized model reads it, too, and a fusion upon a frozen encoder.
expect 0 "$mer" quantize model --out model8
expect 1 "$mer" predict model8 --jsonl odd.jsonl
small_model fusion fusion --modalities text --context 2 --speaker-names
grep -q '"speaker_names": true' fusion/config.json || fail "no names in the fusion"
expect 0 "$mer" train text --data data --encoder model --out on_model --epochs 1
says "model: was trained with --context 3 --future 0 --text-pool cls, without --speaker-names, and is used with others here"
expect 0 "$mer" train text --data data --encoder model --out on_model --epochs 1 --context 3 --text-pool utterance
grep -q "was trained with" err && fail "what is added to a context is told"
expect 0 "$mer" train text --data data --encoder model --out on_model --epochs 1 --context 3 --speaker-names
says "model: was trained with --context 3 --future 0 --text-pool cls, without --speaker-names, and is used with others here"
# A comparison checks its trainings first, and tells this once.
cat >runs.json <<END
{"data": {"small": "--data data"}, "runs": {"text": "text --encoder model --epochs 1"}}
END
expect 0 "$mer" compare --runs runs.json --out compared
[ "$(grep -c "was trained with" err)" -eq 1 ] || fail "a comparison tells it $(grep -c "was trained with" err) times"
# A context where no row has any says nothing, which is told.
grep -q "no training row has a turn" err && fail "there are turns"
sed 's/,d[0-9]*,/,,/' data/manifest.csv >alone.csv
expect 0 "$mer" train text --data alone.csv --encoder "$encoder" --out alone --epochs 1 --context 2
says "no training row has a turn before or after it, so that a context of 2 and 0 turns says nothing"
expect 0 "$mer" train text --data alone.csv --encoder "$encoder" --out alone --epochs 1
grep -q "no training row has a turn" err && fail "no context was asked for"
wrong_usage "--context does not apply to audio" "$mer" train audio --data data --out x --context 2
wrong_usage "--text-pool does not apply to audio" "$mer" train audio --data data --out x --text-pool cls
wrong_usage "--speaker-names without --context" "$mer" train text --data data --out x --encoder "$encoder" --speaker-names
wrong_usage "--context" "$mer" train text --data data --out x --encoder "$encoder" --context 65
finish
