#!/bin/sh
# default_models.sh: `mer predict` without a MODEL: the models that come with the program, or those that stand in their place.
. "$(dirname "$0")/cli_test.sh"

# Those of the sources: they are there, small, with their cards, and answer as anybody would.
models=$root/models
for name in text speech vad; do
  [ -s "$models/$name/README.md" ] || fail "models/$name has no card"
  grep -qi licence "$models/$name/README.md" || fail "the card of models/$name names no licence"
done
size=$(cat "$models"/*/* | wc -c)
[ "$size" -le 36000000 ] || fail "the models have $size bytes"
! grep -rlE '"[^"]*(encoder|folder)": *"/' "$models" || fail "a model names a folder of the machine that made it"
expect 0 "$mer" predict --text "This is wonderful, thank you so much!"
[ "$(members label modalities)" = 'joy ["text"]' ] || fail "a joyful text: $(cat out)"
expect 0 "$mer" predict --text "Stop it! I hate you, you stupid liar!"
[ "$(members label)" = anger ] || fail "an angry text: $(cat out)"
clip=$root/sample/meld/output_repeated_splits_test/dia0_utt0.opus
expect 0 "$mer" predict --audio "$clip"
[ "$(members modalities)" = '["audio"]' ] || fail "a sound: $(cat out)"
expect 0 "$mer" predict --text "This is wonderful, thank you so much!" --audio "$clip"
[ "$(members modalities)" = '["text","audio"]' ] || fail "both: $(cat out)"

# The sample call: each turn of its transcript is answered on the channel of its speaker, from both, as lines; of the
# words alone, as a page.
call=$root/sample/call
expect 0 "$mer" timeline "$call.opus" --transcript "$call.vtt"
lines 35
[ "$(members speaker channel | sort -u | tr '\n' ' ')" = "Ines 1 Rolf 2 " ] || fail "the call's channels: $(members speaker channel)"
[ "$(members modalities | sort -u)" = '["text","audio"]' ] || fail "the call: $(cat out)"
[ "$(cat "$call.opus" "$call.vtt" | wc -c)" -le 1500000 ] || fail "the call is too large"
expect 0 "$mer" timeline "$call.opus" --transcript "$call.vtt" --text-only -o call.html
[ "$(grep -c '<tr id="s' call.html)" -eq 35 ] || fail "rows of the page"
grep -q '>sa</text>' call.html && ! grep -q '>s</text>' call.html || fail "letters do not tell sadness from surprise"

# One's own, in a folder or by option. The answer from both is the geometric mean of the two.
small_data data
small_model text text
small_model audio audio
mkdir own && ln -s ../text own/text && ln -s ../audio own/speech
export MER_MODELS="$work/own"
for of in "--text what" "--audio data/low.wav"; do
  model=text
  [ "$of" = "--text what" ] || model=audio
  # shellcheck disable=SC2086 # an option and its value
  "$mer" predict $model $of >expected 2>err || fail "$model"
  # shellcheck disable=SC2086
  expect 0 "$mer" predict $of
  cmp -s out expected || fail "$of: not the answer of that model: $(cat out)"
done
expect 0 "$mer" predict --text what --audio data/low.wav --contributions
[ "$(members modalities)" = '["text","audio"]' ] || fail "both: $(cat out)"
cp out together
# odds [MODEL] INPUT..: of joy against anger.
odds() { "$mer" predict "$@" | "$json_lines" probs.joy probs.anger | awk '{ printf "%.6f", $1 / $2 }'; }
awk -v both="$(odds --text what --audio data/low.wav)" -v text="$(odds text --text what)" -v sound="$(odds audio --audio data/low.wav)" \
  'BEGIN { exit !(both / sqrt(text * sound) > .999 && both / sqrt(text * sound) < 1.001) }' || fail "not the mean of both: $(cat together)"
expect 0 env MER_MODELS= "$mer" predict --text-model text --speech-model audio --text what --audio data/low.wav --contributions
cmp -s out together || fail "the options give other answers than the folder"
printf '%s\n' '{"id":1,"text":"hi"}' '{"id":2,"audio":"data/low.wav"}' '{"id":3,"text":"hi","audio":"data/low.wav"}' '{"id":4}' >in.jsonl
expect 1 "$mer" predict --jsonl in.jsonl
[ "$(members modalities | tr '\n' ' ')" = '["text"] ["audio"] ["text","audio"] - ' ] || fail "lines: $(cat out)"
mkdir clips && cp data/low.wav data/high.wav clips/
expect 0 "$mer" predict clips
[ "$(members modalities | sort -u)" = '["audio"]' ] || fail "a folder: $(cat out)"

# What is not there, or does not go together.
fails_with "$work/none/text: not there: the text model that comes with mer" env MER_MODELS="$work/none" "$mer" predict --text what
mkdir half && ln -s ../text half/text
expect 0 env MER_MODELS="$work/half" "$mer" predict --text what
fails_with "half/speech: not there" env MER_MODELS="$work/half" "$mer" predict --audio data/low.wav
fails_with "two models of 'text'" "$mer" predict --speech-model text --text what --audio data/low.wav
fails_with "nowhere/config.json: cannot open" "$mer" predict nowhere --text what
fails_with "nowhere/config.json: cannot open" "$mer" predict --text-model nowhere --text what
wrong_usage "--image needs a MODEL" "$mer" predict --image face.jpg
wrong_usage "in the place of a MODEL" "$mer" predict text --text-model text --text what
wrong_usage "expected one of" "$mer" predict
finish
