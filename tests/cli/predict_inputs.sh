#!/bin/sh
# predict_inputs.sh: JSON lines and folders as other programs write them: nothing of the user's is lost.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model fusion fusion --keep last

# Numbers come back as they were written: fractions, and integers beyond 64 bits.
printf '%s\n' '{"id":1700000000.1230,"text":"hi"}' '{"id":18446744073709551617,"text":"hi"}' '{"id":-0.10e+05}' >in.jsonl
expect 1 "$mer" predict text --jsonl in.jsonl
[ "$(sed 's/,.*//' out | tr '\n' ' ')" = '{"id":1700000000.1230 {"id":18446744073709551617 {"id":-0.10e+05 ' ] || fail "numbers: $(cat out)"
printf 'split,text,label,start,end\ntest,hi,joy,4800.2560,1700000000.1230\ntest,hi,joy,0.1,\n' >times.csv
expect 0 "$mer" eval text --data times.csv --predictions p.jsonl -q
grep -q '"start":4800.2560,"end":1700000000.1230,' p.jsonl || fail "times: $(cat p.jsonl)"
grep -q '"start":0.1,"end":null,' p.jsonl || fail "times: $(cat p.jsonl)"

# A byte-order mark, UTF-16, half a surrogate pair, NUL, NaN, blank lines, a zero byte: each record has its answer
# or its fault, and its id.
printf '\357\273\277{"id":1,"text":"hi"}\n' >mark.jsonl
expect 0 "$mer" predict text --jsonl mark.jsonl
lines 1
printf '{"id":1,"text":"hi"}\n{"id":2,"text":"ho"}\n' | iconv -t UTF-16 >wide.jsonl
expect 0 "$mer" predict text --jsonl wide.jsonl
lines 2
{
  printf '%s\n' '{"id":1,"text":"so cute \ud83d"}' '   ' '{"id":2,"text":"a\u0000b","x":"\u0000"}' '{"id":3,"text":"hi","score":NaN,"y":[-Infinity]}' ''
  printf '{"id":4,"text":"a\000b"}\n'
  printf '%s\n' '{"id":5,"text":"ab"}' '{"id":NaN,"text":"ab"}' '{"id":"six","text":[' '{"text":1,"id":7}'
} >odd.jsonl
expect 1 "$mer" predict text --jsonl odd.jsonl
lines 8
[ "$(members id | tr '\n' ' ')" = "1 2 3 null 5 NaN six 7 " ] || fail "ids: $(members id | tr '\n' ' ')"
[ "$(grep -c '"error"' out)" -eq 3 ] || fail "errors: $(cat out)"
prints "odd.jsonl:6: a zero byte in the line"
prints "odd.jsonl:9: expected a JSON object"
prints 'odd.jsonl:10: \"text\" is not a text'
[ "$(sed -n '2p' out | cut -d, -f2-)" = "$(sed -n '5p' out | cut -d, -f2-)" ] || fail "a\\u0000b is not read as ab"
awk 'BEGIN { printf "{\"id\":1,\"text\":\""; for (i = 0; i < 700000; i++) printf "%0100d", 0; print "\"}"; print "{\"id\":2,\"text\":\"hi\"}" }' >long.jsonl
expect 1 "$mer" predict text --jsonl long.jsonl
lines 2
prints "long.jsonl:1: the line is too long, at most 67108864 bytes are read"
[ "$(sed -n 2p out | "$json_lines" id label)" != "2 -" ] || fail "no answer after a line that is too long"

# Paths are relative to the file, or to the working folder where it is a pipe; "" is not a path.
mkdir sub && cp data/high.wav sub/a.wav
printf '{"id":1,"audio":"a.wav"}\n{"id":2,"text":"hi","audio":""}\n' >sub/in.jsonl
expect 0 "$mer" predict fusion --jsonl sub/in.jsonl
[ "$(members modalities | tr '\n' ' ')" = '["audio"] ["text"] ' ] || fail "paths: $(cat out)"
expect 0 "$mer" predict fusion --jsonl - # of nothing is nothing
lines 0
: >none.jsonl
expect 0 "$mer" predict fusion --jsonl none.jsonl
lines 0
code=0
sed 's|a.wav|sub/a.wav|' sub/in.jsonl | "$mer" predict fusion --jsonl - >out 2>err || code=$?
[ "$code" -eq 0 ] || fail "paths of standard input: $(cat err)"
code=0
sed 's|a.wav|sub/a.wav|' sub/in.jsonl | "$mer" predict fusion --jsonl /dev/stdin >out 2>err || code=$?
[ "$code" -eq 0 ] || fail "paths of a pipe: $(cat err)"

# A sound at fault beside a text: the text answers, and the answer says what was not used, as eval does.
tone silent.wav 1600 4 0
printf '{"id":1,"text":"she is gone","audio":"silent.wav"}\n{"id":2,"text":"she is gone","audio":"gone.wav"}\n{"id":3,"text":"she is gone"}\n' >fault.jsonl
expect 0 "$mer" predict fusion --jsonl fault.jsonl
lines 3
[ "$(members missing.audio | tr '\n' ' ')" = "silent missing file - " ] || fail "missing: $(cat out)"
[ "$(members probs modalities | sort -u | wc -l)" -eq 1 ] || fail "the text does not answer alone: $(cat out)"
says "mer: warning: fault.jsonl:1: silent.wav: silent"
says "mer: warning: fault.jsonl:2: gone.wav: missing file"
members probs modalities >predicted
{ echo "split,text,audio,label" && for clip in silent.wav gone.wav ""; do echo "test,she is gone,$clip,joy"; done; } >fault.csv
expect 0 "$mer" eval fusion --data fault.csv --predictions p.jsonl -q
"$json_lines" probs modalities <p.jsonl | cmp -s - predicted || fail "eval and predict differ: $(cat p.jsonl)"

# Transcripts: a.wav.txt before a.txt, .TXT, two recordings of one stem, one that cannot be read,
# two that name one recording.
mkdir clips
cp data/high.wav clips/a.wav && printf hello >clips/a.wav.txt
cp data/high.wav clips/b.wav && printf hello >clips/b.TXT
cp data/high.wav clips/c.wav && cp data/high.wav clips/c.flac && printf hello >clips/c.txt
cp data/high.wav clips/d.wav && printf hello >clips/d.wav.txt && printf other >clips/d.txt
cp data/high.wav clips/e.wav && printf 'no\000text' >clips/e.txt
cp data/high.wav clips/f.wav && printf hello >clips/f.wav.TXT && printf other >clips/f.wav.txt
expect 0 "$mer" predict fusion clips
[ "$(members id modalities | tr '\n' ' ')" = 'a.wav ["text","audio"] b.wav ["text","audio"] c.flac ["text","audio"] c.wav ["text","audio"] d.wav ["text","audio"] d.txt ["text"] e.wav ["audio"] f.wav ["text","audio"] f.wav.txt ["text"] ' ] ||
  fail "transcripts: $(members id modalities | tr '\n' ' ')"
says "c.txt is the transcript of c.flac and of c.wav"
says "e.txt"
[ "$(sed -n 7p out | "$json_lines" missing.text)" = "cannot be read" ] || fail "a transcript that cannot be read: $(sed -n 7p out)"
[ "$(sed -n 1p out | cut -d, -f2-)" = "$(sed -n 5p out | cut -d, -f2-)" ] || fail "d.wav has another transcript than d.wav.txt"
printf 'caf\303\251 \303\251' >clips/a.wav.txt && printf 'caf\351 \351' >clips/b.TXT && printf 'caf\303\251 \303\251' | iconv -t UTF-16 >clips/c.txt
expect 0 "$mer" predict fusion clips
[ "$(sed -n 1,4p out | cut -d, -f2- | sort -u | wc -l)" -eq 1 ] || fail "transcripts of several encodings differ"
# A name that is not there is told as such, wherever it stands; a folder's slash is not doubled.
fails_with "gone.wav: not there: expected the folder of a model, or a file" "$mer" predict gone.wav data/high.wav
mkdir slash && printf hi >slash/a.txt && ln -s gone slash/b.txt
expect 1 "$mer" predict text slash/ slash/a.txt
[ "$(members id | tr '\n' ' ')" = "slash/a.txt slash/b.txt slash/a.txt " ] || fail "ids: $(cat out)"
prints '"error":"slash/b.txt: '
expect 1 "$mer" predict text slash/
[ "$(members id | tr '\n' ' ')" = "a.txt b.txt " ] || fail "ids: $(cat out)"

# A stream that is closed is not the next file that is opened.
code=0
"$mer" predict text - <&- >out 2>err || code=$?
{ [ "$code" -eq 1 ] && [ ! -s out ]; } || fail "something is read in the place of standard input: $code $(head -n 1 out)"
says "standard input: cannot read"
code=0
"$mer" predict text --jsonl mark.jsonl -o closed.jsonl >&- 2>err || code=$?
{ [ "$code" -eq 1 ] || [ "$code" -eq 0 ]; } && "$json_lines" <closed.jsonl || fail "without standard output: $code $(cat err)"

# Ctrl-C is heeded while the inputs are counted.
awk 'BEGIN { for (i = 0; i < 3000000; i++) print "{\"text\":\"a\"}" }' >many.jsonl
$heeding "$mer" predict text --jsonl many.jsonl -o many.out.jsonl 2>err &
process=$!
until_heeded
kill -INT $process
ends_by INT
[ "$(cat err)" = "mer: interrupted" ] || fail "after Ctrl-C: $(cat err)"
[ ! -e many.out.jsonl.partial ] || fail "answers in spite of Ctrl-C while the inputs were counted"
finish
