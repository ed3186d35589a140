#!/bin/sh
# describe.sh: `mer info`, `mer embed` and `mer tokenize`.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio

expect 0 "$mer" info text
prints "kind"
prints "optimizer"
expect 0 "$mer" info "$encoder"
prints "hidden_size"
tr_json() { tr -d '\n' <out >joined && echo >>joined; }
expect 0 "$mer" info text --json
tr_json
[ "$("$json_lines" type kind training.seed training.epochs <joined)" = "model text 0 2" ] || fail "info: $(cat joined)"
expect 0 "$mer" info audio --json
tr_json
[ "$("$json_lines" type kind training.optimizer <joined)" = "model audio adam" ] || fail "info: $(cat joined)"
expect 0 "$mer" info "$encoder" --json
tr_json
[ "$("$json_lines" type hidden_size layers vocab_size <joined)" = "encoder 32 2 500" ] || fail "info: $(cat joined)"

prints '"unused"'

# Weights that are a pickle with a call: refused in one line, and nothing was run.
cp -r "$encoder" pickle
rm pickle/model.safetensors
cp "$root/tests/golden/torch_hostile/call-os-system.bin" pickle/pytorch_model.bin
rm -f /tmp/mer-was-here
fails_with "pickle/pytorch_model.bin: pickle, byte 2: asks for 'os.system'" "$mer" info pickle
fails_with "asks for 'os.system', which does not rebuild tensors; nothing was run" "$mer" embed --encoder pickle /dev/null
[ ! -e /tmp/mer-was-here ] || fail "the pickle was executed"

# An encoder by its name: in .encoder here, in MER_ENCODERS, which goes first, and with the user's data.
layers_of() { "$mer" info "$@" --json | tr -d '\n' | "$json_lines" layers; }
for place in .encoder elsewhere share/mer/encoders; do
  mkdir -p "$place" && cp -r "$encoder" "$place/by-name"
  [ "$(MER_ENCODERS=elsewhere XDG_DATA_HOME=$work/share layers_of by-name)" = 2 ] || fail "by-name is not found in $place"
  rm -r "$place"
done
fails_with "nowhere/config.json" "$mer" info nowhere
mkdir -p first .encoder && cp -r "$encoder" first/two && cp -r "$encoder" .encoder/two
sed -i 's/"num_hidden_layers": 2/"num_hidden_layers": 1/' .encoder/two/config.json
[ "$(layers_of two) $(MER_ENCODERS=first layers_of two)" = "1 2" ] || fail "MER_ENCODERS does not go first"
"$mer" embed --encoder two /dev/null || fail "--encoder takes no name"

# Text with LF, CRLF, an empty line, a long one, bytes that are not UTF-8, and no end of line.
{
  printf 'what a day\nwhat a day\r\n\n'
  awk 'BEGIN { for (i = 0; i < 20000; i++) printf "day "; print "" }'
  printf 'caf\351 \377\376\nthe last'
} >lines.txt
expect 0 "$mer" embed --encoder "$encoder" lines.txt
lines 6
[ "$(sed -n 1p out)" = "$(sed -n 2p out)" ] || fail "CRLF changes a vector"
[ "$(sed -n 1p out)" != "$(sed -n 3p out)" ] || fail "the empty line has a vector of another"
! grep -q nan out || fail "a vector is not a number"
cp out embed.out
code=0
"$mer" embed --encoder "$encoder" - <lines.txt >out 2>err || code=$?
[ "$code" -eq 0 ] && cmp -s out embed.out || fail "standard input is embedded otherwise"
expect 0 "$mer" embed --encoder text lines.txt --max-length 16
lines 6
expect 0 "$mer" tokenize --encoder "$encoder" lines.txt
lines 6
[ "$(sed -n 1p out)" = "$(sed -n 2p out)" ] || fail "CRLF changes the tokens"
[ "$(sed -n 3p out)" = '{"ids": [2, 3], "tokens": ["[CLS]", "[SEP]"]}' ] || fail "the empty line: $(sed -n 3p out)"
[ "$(sed -n 4p out | grep -o day | wc -l)" -eq 126 ] || [ "$(sed -n 4p out | tr , '\n' | wc -l)" -eq 256 ] || fail "the long line is not cut to 128"
: >none.txt
expect 0 "$mer" embed --encoder "$encoder" none.txt
lines 0
expect 0 "$mer" tokenize --encoder "$encoder" none.txt
lines 0

# Texts in other encodings give the tokens of the same text in UTF-8.
printf 'caf\303\251 and a day\nthe last\n' >utf8.txt
expect 0 "$mer" tokenize --encoder "$encoder" utf8.txt
lines 2
cp out utf8.out
printf 'caf\351 and a day\r\nthe last' >windows.txt
printf '\357\273\277' | cat - utf8.txt >marked.txt
{ printf '\377\376' && sed 's/\o303\o251/\o351/' utf8.txt | LC_ALL=C sed 's/./&\x00/g' | LC_ALL=C tr '\n' '\001' |
  LC_ALL=C sed 's/\x01/\n\x00/g'; } >utf16.txt
for file in windows marked utf16; do
  expect 0 "$mer" tokenize --encoder "$encoder" $file.txt
  cmp -s out utf8.out || { fail "other tokens of $file.txt"; cat out; }
  [ "$("$mer" tokenize --encoder "$encoder" <$file.txt)" = "$(cat utf8.out)" ] || fail "other tokens of $file.txt as standard input"
done
printf 'a day\na\000b\n' >zero.txt
for command in tokenize embed; do
  expect 1 "$mer" $command --encoder "$encoder" zero.txt
  says "mer: zero.txt:2: a zero byte in the line"
  fails_with "nowhere.txt: cannot open: No such file" "$mer" $command --encoder "$encoder" nowhere.txt
done
finish
