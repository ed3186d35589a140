#!/bin/sh
# examples.sh MER JSON_LINES ROOT BUILD CC FLAGS: builds the programs of examples/ from an installed tree and compares their answers
# with those of `mer predict`: text, sound from memory, both on eight threads.
build=$4 cc=$5 flags=$6
. "$(dirname "$0")/../cli/cli_test.sh"
small_data data
for kind in text audio fusion; do small_model "$kind" "$kind" --keep last; done
cmake --install "$build" --prefix "$work/tree" >log || { cat log; fail "cannot be installed"; }
library=$(dirname "$(find tree -name libmer.so)")
PKG_CONFIG_PATH=$work/$library/pkgconfig LD_LIBRARY_PATH=$work/$library
export PKG_CONFIG_PATH LD_LIBRARY_PATH
for name in predict_text predict_sound many_threads; do
  # shellcheck disable=SC2046,SC2086 # lists of words
  $cc -std=c11 -Wall -Wextra -Werror $flags "$root/examples/$name.c" $(pkg-config --cflags --libs mer) -pthread -o $name ||
    fail "$name does not build"
done

# answer ARGUMENTS: label and probability, to three digits, of what `mer predict` answers.
answer() {
  "$mer" predict "$@" >answer.json 2>err || { cat err; fail "mer predict $*"; }
  label=$("$json_lines" label <answer.json | tr -d '"')
  printf '%s %.3f\n' "$label" "$("$json_lines" "probs.$label" <answer.json)"
}

text="stop that at once"
expect 0 ./predict_text text "$text"
[ "$(sed -n 's/^\* *//p' out | tr -s ' ')" = "$(answer text --text "$text")" ] || fail "predict_text: $(cat out)"
fails_with_words() {
  expect 1 "$@"
  [ "$(wc -l <err)" -eq 1 ] || fail "not one line of message: $*"
}
fails_with_words ./predict_text nowhere "$text"
fails_with_words ./predict_text audio "$text"

./predict_sound audio <data/high.wav >out 2>err || { cat err; fail "predict_sound"; }
[ "$(sed -n 's/^file: //p' out)" = "$(answer audio --audio data/high.wav)" ] || fail "predict_sound: $(cat out)"
grep -q '^samples: ' out || fail "predict_sound does not answer samples: $(cat out)"
echo nothing | ./predict_sound audio >out 2>err && fail "predict_sound answers a text"
grep -q '^file: ' err || fail "predict_sound does not name the fault: $(cat err)"

expect 0 ./many_threads fusion "$text" 50
prints "8 threads: "
finish
