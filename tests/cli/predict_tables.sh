#!/bin/sh
# predict_tables.sh: what `mer predict` is given (files, folders in folders, patterns, tables, standard input) and what it
# gives (JSON lines, CSV, a table, windows), with what it refuses.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model text reader --context 3
small_model audio audio
small_model fusion fusion --keep last
# without_id: the answers of the last output by themselves.
without_id() { sed 's/^{"id":[^,]*,//' out; }

# A table gives what the same lines of JSON give, also of dialogues.
cat >lines.jsonl <<'END'
{"id":"1","text":"what a lovely day","speaker":"Ann","dialogue":"a"}
{"id":"2","text":"stop that, \"at once\"\nor else","speaker":"Bob","dialogue":"a"}
{"id":"3","text":"she is gone now","speaker":"Ann","dialogue":"b"}
{"id":"4","text":"and I","speaker":"Bob","dialogue":"a"}
END
cat >table.csv <<'END'
Speaker, ID ,mood,Text,dialogue
Ann,1,x,what a lovely day,a
,,,,
Bob,2,,"stop that, ""at once""
or else",a
Ann,3,y,  she is gone now,b

Bob,4,,and I,a
END
for model in text reader; do
  expect 0 "$mer" predict $model lines.jsonl
  lines 4
  cp out expected
  expect 0 "$mer" predict $model table.csv
  cmp -s out expected || { fail "$model: the table has other answers than the lines"; diff out expected | head -n 4; }
  code=0
  "$mer" predict $model - <table.csv >out 2>err || code=$?
  { [ "$code" -eq 0 ] && cmp -s out expected; } || fail "$model: a table of standard input: $code $(cat err)"
  "$mer" predict $model - <lines.jsonl >out 2>err || fail "$model: lines of standard input"
  cmp -s out expected || fail "$model: lines of standard input have other answers"
done
[ "$(members probs | sed -n 4p)" != "$("$mer" predict reader --text "and I" | "$json_lines" probs)" ] || fail "a table brings no context"
for encoding in UTF-16 ISO-8859-1; do
  printf 'id;text\r\n7;"caf\303\251, no"\r\n' | iconv -f UTF-8 -t $encoding >wide.csv
  expect 0 "$mer" predict text wide.csv
  without_id >wide
  expect 0 "$mer" predict text --text "$(printf 'caf\303\251, no')"
  without_id | cmp -s - wide || fail "a table in $encoding has another answer"
done
printf '"sep=|"\nid|text\n7|hi\n' >stated.csv
expect 0 "$mer" predict text stated.csv
[ "$(members id)" = 7 ] || fail "a delimiter that is stated: $(cat out)"

# Rows that cannot be read are answers with an error; the others are answered.
printf 'id,text\n1,hi\n2,hi,more\n3\n4,hi\n5,a\r\n6,"never closed\n7,hi\n' >odd.csv
expect 1 "$mer" predict text odd.csv
lines 6
[ "$(members id | tr '\n' ' ')" = "1 null null 4 5 null " ] || fail "rows: $(cat out)"
prints "odd.csv:3: another number of fields than the header has"
prints "odd.csv:4: another number of fields"
prints "odd.csv:7: a quoted field is not closed"
{ printf 'id,text\n1,"' && head -c 5000000 /dev/zero | tr '\0' 'a' && printf '\n2,"\n'; for i in 3 4 5; do echo "$i,hi"; done; } >long.csv
expect 1 "$mer" predict text long.csv
prints "long.csv:2: a record of over 4194304 bytes"
[ "$(members id | tail -n 2 | tr '\n' ' ')" != "" ] || fail "nothing after a record that is too long"
printf 'id,text\n1,a\000b\n2,hi\n' >zero.csv
expect 1 "$mer" predict text zero.csv
lines 2
prints "zero.csv:2: a zero byte in the line"
fails_with "none.csv:1: no known column in the header" sh -c "echo a,b >none.csv; '$mer' predict text none.csv"
fails_with "twice.csv:1: column 'text' is there twice" sh -c "echo text,text >twice.csv; '$mer' predict text twice.csv"
: >empty.csv
expect 0 "$mer" predict text empty.csv # of nothing is nothing
lines 0
echo id,text >header.csv
expect 0 "$mer" predict text header.csv
lines 0
fails_with "nowhere.csv: cannot open: No such file" "$mer" predict text lines.jsonl nowhere.csv

# Files, folders in folders, patterns: in the order in which they are given.
mkdir -p tree/b/c tree/a
cp data/high.wav tree/z.wav && cp data/low.wav tree/b/one.wav && cp data/soft.wav tree/b/c/two.wav && cp data/high.wav tree/a/three.wav
echo hello >tree/b/one.txt
echo hello >tree/a/three.wav.txt
ln -s .. tree/b/c/up
ln -s ../a tree/b/other
expect 1 "$mer" predict fusion tree
[ "$(members id | tr '\n' ' ')" = "z.wav a/three.wav b/one.wav b/c/two.wav b/c/up b/other/three.wav " ] || fail "a tree: $(members id | tr '\n' ' ')"
[ "$(grep -c '"modalities":\["text","audio"\]' out)" -eq 3 ] || fail "transcripts in folders: $(cat out)"
prints "b/c/up: leads back to a folder above it"
rm tree/b/c/up tree/b/other
expect 0 "$mer" predict fusion tree/b/one.wav tree/a data/soft.wav table.csv
[ "$(members id | tr '\n' ' ')" = "tree/b/one.wav tree/a/three.wav data/soft.wav 1 2 3 4 " ] || fail "several: $(members id | tr '\n' ' ')"
[ "$(members modalities | sed -n 1p)" = '["text","audio"]' ] || fail "the text beside a file is not used"
expect 0 "$mer" predict audio 'tree/b/*.wav' 'data/[hl]*.wav'
[ "$(members id | tr '\n' ' ')" = "tree/b/one.wav data/high.wav data/low.wav " ] || fail "patterns: $(members id | tr '\n' ' ')"
cp data/low.wav 'odd[1].wav'
expect 0 "$mer" predict audio 'odd[1].wav'
[ "$(members id)" = 'odd[1].wav' ] || fail "a name like a pattern: $(members id)"
fails_with "nothing*.wav: no file has such a name" "$mer" predict audio 'nothing*.wav'
expect 0 "$mer" predict text tree/b/one.txt
[ "$(members id modalities)" = 'tree/b/one.txt ["text"]' ] || fail "a text: $(cat out)"
expect 1 "$mer" predict audio data/high.wav data/gone.wav
lines 2
prints "data/gone.wav: missing file"
mkdir hollow
fails_with "hollow: the folder has no media files" "$mer" predict audio data/high.wav hollow
# The sounds in a table and the folder of its file; a model that is a file's name.
mkdir sub && cp data/high.wav sub/h.wav && printf 'audio\nh.wav\n' >sub/t.csv
expect 0 "$mer" predict audio sub/t.csv
mkdir mine && ln -s ../text mine/text && ln -s ../audio mine/speech
expect 0 env MER_MODELS="$work/mine" "$mer" predict data/high.wav lines.jsonl
lines 5

# CSV and a table.
expect 0 "$mer" predict text --format csv lines.jsonl
[ "$(head -n 1 out)" = "id,label,neutral,surprise,fear,sadness,joy,disgust,anger,modalities,error" ] || fail "header: $(head -n 1 out)"
[ "$(wc -l <out)" -eq 5 ] || fail "rows of CSV: $(cat out)"
cp out answers.expected
expect 0 "$mer" predict text -o answers.csv lines.jsonl
cmp -s answers.csv answers.expected || fail "the ending does not say the format"
[ ! -s out ] || fail "printed, too"
expect 0 "$mer" predict text -o answers.csv lines.jsonl # an earlier one is replaced
printf '{"id":"a,\\"b\\"\\n","text":1}\n' >quoted.jsonl
expect 1 "$mer" predict text --format csv quoted.jsonl
[ "$(tr '\n' '~' <out | cut -d'~' -f2-)" = '"a,""b""~",,,,,,,,,,"quoted.jsonl:1: ""text"" is not a text"~' ] || fail "quotes: $(cat out)"
expect 1 "$mer" predict text --format table quoted.jsonl lines.jsonl
[ "$(wc -l <out)" -eq 6 ] || fail "rows of a table: $(cat out)"
prints "no answer         -  a,\"b\" : quoted.jsonl:1: \"text\" is not a text"
expect 0 "$mer" predict text --format table -o answers.txt lines.jsonl
expect 0 "$mer" predict text --format table -o answers.txt lines.jsonl
expect 0 "$mer" predict text --min-confidence 1 --format csv --text hello
prints ",uncertain,"
small_model text several --target labels
expect 0 "$mer" predict several --format csv --text hello
wrong_usage "no format has this ending" "$mer" predict text -o answers.doc lines.jsonl
wrong_usage "--contributions has answers as JSON" "$mer" predict fusion --contributions --format csv tree
wrong_usage "--json has answers as JSON" "$mer" predict text --json --format table lines.jsonl
wrong_usage "--format is one of" "$mer" predict text --format xml lines.jsonl

# --lenient.
expect 0 "$mer" predict text --lenient odd.csv
says "mer: not answered: 3 of 6"

# Windows.
tone long.wav 40000 20 9000
expect 0 "$mer" predict audio --window 1 long.wav
[ "$(members id start end | tr '\n' ' ')" = "long.wav 0.0 1.0 long.wav 1.0 2.0 long.wav 1.5 2.5 " ] || fail "windows: $(members id start end)"
expect 0 "$mer" predict audio --window 1 --hop .5 long.wav
[ "$(members start | tr '\n' ' ')" = "0.0 0.5 1.0 1.5 " ] || fail "hop: $(members start | tr '\n' ' ')"
tone piece.wav 16000 20 9000
expect 0 "$mer" predict audio piece.wav
without_id >whole
expect 0 "$mer" predict audio --window 1 piece.wav
sed 's/,"start":0.000,"end":1.000//' out | sed 's/^{"id":[^,]*,//' | cmp -s - whole || fail "one window has another answer than the whole: $(cat out whole)"
expect 0 "$mer" predict audio --window 4 piece.wav
[ "$(members end)" = 1.0 ] || fail "a sound that is shorter than a window: $(cat out)"
echo hello >long.txt
cp long.wav endless.wav && head -c 1100000 /dev/zero | tr '\0' a >endless.txt
expect 0 "$mer" predict fusion --window 1 endless.wav
[ "$(members missing.text | sort | uniq -c | tr -s ' ')" = " 3 cannot be read" ] || fail "a text that cannot be read: $(cat out)"
[ "$(grep -c "warning: endless.txt: " err)" -eq 1 ] || fail "not one word on a text that cannot be read: $(cat err)"
expect 0 "$mer" predict fusion --window 2 --contributions long.wav
[ "$(members modalities | sort | uniq -c | tr -s ' ')" = ' 2 ["text","audio"]' ] || fail "a text in windows: $(cat out)"
prints '"contributions":{"text"'
rm long.txt
# Half of it is silent; nothing but silence; no sound; what is damaged.
{ head -c 40044 long.wav && head -c 40000 /dev/zero; } >half.wav
expect 0 "$mer" predict audio --window .5 half.wav
[ "$(grep -c '"error":"half.wav: silent"' out)" -ge 2 ] || fail "silence: $(cat out)"
prints '"start":2.000,"end":2.500,"error"'
tone silent.wav 40000 4 0
expect 1 "$mer" predict audio --window 1 silent.wav piece.wav text/config.json
says "mer: not answered: 2 of 3"
[ "$(wc -l <out)" -eq 5 ] || fail "faults in windows: $(cat out)"
head -c 50000 long.wav >cut.wav
expect 0 "$mer" predict audio --window 1 cut.wav
says "mer: warning: cut.wav: damaged: 1 part"
expect 0 "$mer" predict audio --window 1 --format csv long.wav
[ "$(sed -n 4p out | cut -d, -f1-3)" = "long.wav,1.500,2.500" ] || fail "windows in CSV: $(cat out)"
expect 0 "$mer" predict audio --window 1 --format table long.wav
prints "     1.50      2.50  long.wav"
expect 0 "$mer" predict audio --window 1 --audio long.wav
[ "$(wc -l <out)" -eq 3 ] || fail "windows of --audio: $(cat out)"
fails_with "a window of 10 s: the model hears at most 5.0" "$mer" predict audio --window 10 long.wav
wrong_usage "--window does not apply to a model of the kind text" "$mer" predict text --window 1 long.wav
wrong_usage "--hop needs --window" "$mer" predict audio --hop 1 long.wav
wrong_usage "--hop is longer than --window" "$mer" predict audio --window 1 --hop 2 long.wav
wrong_usage "--window takes a number from 0.1 to 3600" "$mer" predict audio --window 0 long.wav
finish
