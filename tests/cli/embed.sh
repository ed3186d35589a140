#!/bin/sh
# embed.sh: vectors of sound by themselves: clips, JSON lines, int8 copies, and what does not apply.
. "$(dirname "$0")/cli_test.sh"
mkdir bare clips
cp "$root"/tests/golden/whisper/preprocessor_config.json "$root"/tests/golden/whisper/model.safetensors bare
sed 's/WhisperForAudioClassification/WhisperModel/' "$root/tests/golden/whisper/config.json" >bare/config.json
tone clips/a.wav 3200 4 9000
tone clips/b.wav 8000 40 3000
tone clips/c.wav 1600 12 300

# In one call, alone, and by JSON lines, whose paths are relative to the file, and whose ids come back.
expect 0 "$mer" embed --encoder bare clips/a.wav clips/b.wav clips/c.wav
lines 3
cp out three
for clip in a b c; do expect 0 "$mer" embed --encoder bare clips/$clip.wav && cat out; done >alone
cmp -s alone three || fail "together and alone differ"
[ "$(sort -u three | wc -l)" -eq 3 ] || fail "clips have the same vector"
for clip in a b c; do echo "{\"id\": \"$clip\", \"audio\": \"$clip.wav\"}" && echo; done >clips/three.jsonl
expect 0 "$mer" embed --encoder bare --jsonl clips/three.jsonl
[ "$(sed 's/"id": "[abc]", //' out)" = "$(cat three)" ] || fail "JSON lines: $(cut -c 1-80 out)"
[ "$("$json_lines" id <out | tr -d '\n')" = abc ] || fail "ids: $("$json_lines" id <out)"
for i in $(seq 50); do echo "{\"audio\":\"clips/a.wav\",\"id\":$i}"; done >many.jsonl
run "$mer" embed --encoder bare --jsonl - <many.jsonl
"$mer" embed --encoder bare --jsonl - <many.jsonl >out
[ "$("$json_lines" id <out | tr '\n' ' ')" = "$(seq 50 | tr '\n' ' ')" ] || fail "order of many lines"

# Of all layers, and with the deviation, which doubles the vector.
width() { "$json_lines" vector <out | head -n 1 | tr ',' '\n' | wc -l; }
expect 0 "$mer" embed --encoder bare --layers last --pool mean clips/a.wav clips/b.wav clips/c.wav
cmp -s out three || fail "the defaults are others"
expect 0 "$mer" embed --encoder bare --layers sum clips/a.wav
[ "$(width)" -eq 16 ] && ! head -n 1 three | cmp -s - out || fail "a sum over layers is the last one"
expect 0 "$mer" embed --encoder bare --pool mean-std clips/a.wav
[ "$(width)" -eq 32 ] || fail "$(width) values of mean and deviation"
[ "$(cut -d, -f1-16 out)" = "$(head -n 1 three | tr -d ']}')" ] || fail "the mean beside the deviation is another"
for option in "--layers sum" "--pool mean-std"; do
  # shellcheck disable=SC2086 # two words
  wrong_usage "are chosen of encoders of sound alone" "$mer" embed --encoder "$encoder" $option text.jsonl
done

# Rounded in memory and in a copy: the same.
expect 0 "$mer" embed --encoder bare --dtype int8 clips/a.wav clips/b.wav clips/c.wav
cp out rounded
cmp -s rounded three && fail "int8 rounds nothing"
expect 0 "$mer" quantize bare --out bare8
expect 0 "$mer" info bare8 --json
[ "$(tr -d '\n' <out | "$json_lines" type dtype model_type rate_hz)" = "encoder int8 whisper 16000" ] || fail "int8: $(cat out)"
expect 0 "$mer" embed --encoder bare8 clips/a.wav clips/b.wav clips/c.wav
cmp -s out rounded || fail "int8 in memory and in a copy differ"
expect 0 "$mer" quantize bare --out bare16 --dtype bf16
expect 0 "$mer" embed --encoder bare16 clips/a.wav

# What cannot be used, and what does not apply.
expect 1 "$mer" embed --encoder bare clips/a.wav gone.wav
says "mer: gone.wav: "
printf '{"audio":"a.wav"}\n{"audio":"gone.wav"}\n' >clips/gone.jsonl
expect 1 "$mer" embed --encoder bare --jsonl clips/gone.jsonl
says "mer: clips/gone.jsonl:2: clips/gone.wav: "
echo '{"text":"hello"}' >text.jsonl
fails_with 'text.jsonl:1: no "audio"' "$mer" embed --encoder bare --jsonl text.jsonl
wrong_usage "expected clips, or --jsonl" "$mer" embed --encoder bare
wrong_usage "expected clips, or --jsonl" "$mer" embed --encoder bare clips/a.wav --jsonl clips/three.jsonl
wrong_usage "--max-length does not apply to an encoder of sound" "$mer" embed --encoder bare clips/a.wav --max-length 5
wrong_usage "--jsonl does not apply to an encoder of texts" "$mer" embed --encoder "$encoder" --jsonl text.jsonl
wrong_usage "--layers does not apply to an encoder of texts" "$mer" embed --encoder "$encoder" --layers last text.jsonl
wrong_usage "--pool does not apply to an encoder of texts" "$mer" embed --encoder "$encoder" --pool mean text.jsonl
wrong_usage "expected at most one file of texts" "$mer" embed --encoder "$encoder" text.jsonl text.jsonl
finish
