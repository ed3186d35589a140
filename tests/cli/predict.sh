#!/bin/sh
# predict.sh: every way to ask for predictions, and to receive them as JSON lines.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio
small_model fusion fusion --keep last

find cache | sort >cache.before
expect 0 "$mer" predict text --text "what a lovely day"
lines 1
[ "$(members id modalities)" = 'null ["text"]' ] || fail "text: $(cat out)"
[ "$(members probs.joy)" != - ] || fail "no probability"
expect 0 "$mer" predict audio --audio data/high.wav
lines 1
[ "$(members id modalities)" = 'data/high.wav ["audio"]' ] || fail "audio: $(cat out)"
expect 0 "$mer" predict fusion --text "she is gone" --audio data/soft.wav
[ "$(members modalities)" = '["text","audio"]' ] || fail "both: $(cat out)"
expect 0 "$mer" predict fusion --text "she is gone"
[ "$(members modalities)" = '["text"]' ] || fail "fusion without sound: $(cat out)"
expect 0 "$mer" predict fusion --audio data/soft.wav
[ "$(members modalities)" = '["audio"]' ] || fail "fusion without text: $(cat out)"
expect 1 "$mer" predict text --text ""
[ "$(cat out)" = '{"id":null,"error":"nothing here that the text model takes"}' ] || fail "an empty text: $(cat out)"
tone whole.wav 16000 4 9000
head -c 16000 whole.wav >cut.wav
expect 0 "$mer" predict fusion --audio cut.wav
says "mer: warning: cut.wav: damaged: 1 part cannot be decoded or is missing, the rest is used"
expect 0 "$mer" predict text --text "$(printf 'caf\351 \377')"
lines 1
find cache | sort | cmp -s - cache.before || fail "a prediction is stored"

# Lines, with a bad one in the middle, an empty one, CRLF, and numbers as ids. An id that stands
# before a fault is kept.
printf '%s\n' '{"id": 1, "text": "what a day"}' '{"id": "b", "text": ' '' '{"id": "c", "text": 5}' '[1]' >in.jsonl
printf '{"id": "d", "text": "caf\303\251", "more": true}\r\n{"id": "e"}' >>in.jsonl
expect 1 "$mer" predict text --jsonl in.jsonl
lines 6
[ "$(members id | tr '\n' ' ')" = "1 b c null d e " ] || fail "ids: $(members id | tr '\n' ' ')"
[ "$(grep -c '"error"' out)" -eq 4 ] || fail "errors: $(cat out)"
prints "in.jsonl:2: expected a JSON object"
prints 'in.jsonl:4: \"text\" is not a text'
[ "$(cat err)" = 'mer: not answered: 4 of 6 ("error" says why)' ] || fail "not only a count: $(cat err)"
prints "in.jsonl:7: nothing here that the text model takes"
prints "in.jsonl:5: expected a JSON object"
cp out file.out
code=0
"$mer" predict text --jsonl - <in.jsonl >out 2>err || code=$?
[ "$code" -eq 1 ] || fail "standard input: exit code $code"
sed 's/standard input/in.jsonl/' out | cmp -s - file.out || fail "standard input gives other answers than the file"

# The same text gives the same answer alone and among others, of all lengths.
awk 'BEGIN {
  for (i = 0; i < 1500; i++) {
    text = ""; for (k = 0; k < i % 40; k++) text = text " word" k
    print "{\"id\":" i ",\"text\":\"stop that at once" text "\"}"
  }
}' >many.jsonl
expect 0 "$mer" predict text --jsonl many.jsonl
lines 1500
[ "$(members id | cksum)" = "$(seq 0 1499 | cksum)" ] || fail "the answers are not in order"
sed 's/^{"id":[0-9]*,//' out | awk '{ if (NR <= 40) first[NR - 1] = $0; else if ($0 != first[(NR - 1) % 40]) exit 1 }' ||
  fail "an answer depends on its place"
for line in 1 2 7 20 40; do
  sed -n ${line}p many.jsonl >one.jsonl
  sed -n ${line}p out >one.expected
  "$mer" predict text --jsonl one.jsonl 2>err | cmp -s - one.expected || fail "line $line has another answer alone"
done

# A conversation: one line in, one line out, before the next.
mkfifo to from
"$mer" predict text --jsonl - <to >from 2>err &
process=$!
exec 3>to 4<from
for word in one two three; do
  echo "{\"id\": \"$word\", \"text\": \"number $word\"}" >&3
  answer=$(timeout 60 sh -c 'read -r line && echo "$line"' <&4)
  [ "$(echo "$answer" | "$json_lines" id)" = "$word" ] || fail "no answer to $word: $answer"
done
exec 3>&- 4<&-
wait $process || fail "the conversation ends with exit code $?"

# A folder: a row for each file, good or bad, and transcripts to their clips.
mkdir clips
cp data/high.wav clips/a.wav
cp data/low.wav clips/b.wav
echo "not a sound" >clips/c.wav
: >clips/d.wav
echo "what a lovely day" >clips/a.txt
echo "a text alone" >clips/e.txt
printf '\351t\351.wav\n' | { read -r name && cp data/soft.wav "clips/$name"; }
printf '\350t\350.wav\n' | { read -r name && cp data/low.wav "clips/$name"; }
expect 1 "$mer" predict fusion clips
lines 7
[ "$(members id | tail -n 2 | tr '\n' ' ')" = '\xE8t\xE8.wav \xE9t\xE9.wav ' ] || fail "two files have one id: $(members id)"
[ "$(grep -c '"error"' out)" -eq 2 ] || fail "errors in the folder: $(cat out)"
[ "$(grep -c '"modalities":\["text","audio"\]' out)" -eq 1 ] || fail "the transcript is not used"
[ "$(members id | head -n 5 | tr '\n' ' ')" = "a.wav b.wav c.wav d.wav e.txt " ] || fail "names: $(members id | tr '\n' ' ')"
prints "clips/c.wav: not an audio"
prints "clips/d.wav: empty"
expect 1 "$mer" predict audio clips
lines 6
expect 0 "$mer" predict text clips
lines 2
rm clips/c.wav clips/d.wav
expect 0 "$mer" predict audio clips
lines 4
run sh -c "'$mer' predict text --text hello >/dev/full"
[ "$code" -eq 1 ] || fail "a full standard output: exit code $code"
says "mer: standard output: cannot write"
# Names with backslashes and with bytes that are not UTF-8 stay different.
mkdir names
for name in '\xE9' '\\xE9' 'a\b' "$(printf '\351')" "$(printf '\\\351')"; do cp data/low.wav "names/$name.wav"; done
expect 0 "$mer" predict audio names
[ "$(members id | sort)" = "$(printf '%s\n' '\xE9.wav' '\\xE9.wav' '\\\\xE9.wav' 'a\b.wav' '\\\xE9.wav' | sort)" ] || fail "ids: $(members id)"

# What cannot be printed ends the work.
if [ -w /dev/full ]; then
  for words in "embed --encoder $encoder" "tokenize --encoder $encoder" "predict text --jsonl -"; do
    # shellcheck disable=SC2086 # a list of words
    yes '{"text":"a"}' | timeout 60 "$mer" $words >/dev/full 2>err
    code=$?
    [ "$code" -eq 1 ] || fail "mer $words: exit code $code on a full device"
    says "mer: standard output: cannot write: No space left on device"
  done
  mkdir many
  for i in $(seq 200); do : >"many/$i.txt"; done
  run "$mer" predict text many
  says "mer: not answered: 200 of 200"
  code=0
  "$mer" predict text many >/dev/full 2>err || code=$?
  [ "$code" -eq 1 ] && ! grep -q "of 200" err || fail "a folder on a full device: exit code $code, $(cat err)"
fi
finish
