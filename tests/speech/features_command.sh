#!/bin/sh
# features_command.sh MER GOLDEN: `mer features` on good and bad files: shapes, exit codes, messages.
set -eu
mer=$1 golden=$2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

fail() { echo "features_command: $*" >&2; exit 1; }
expect_shape() { head -c 128 "$folder/out.npy" | grep -aqF "'shape': ($1)" || fail "shape is not ($1)"; }
expect_code() {
  expected=$1 code=0
  shift
  "$mer" features "$@" 2>"$folder/messages" || code=$?
  [ "$code" -eq "$expected" ] || { cat "$folder/messages" >&2; fail "exit code $code, not $expected: $*"; }
}

expect_code 0 "$golden/chirp.wav" -o "$folder/out.npy"
expect_shape "13, 401"
expect_code 0 "$golden/chirp.wav" "$golden/long.flac" --kind logmel --frames 50 -o "$folder/out.npy"
expect_shape "2, 64, 50"
expect_code 0 "$golden/chirp.wav" --n-mels 40 --n-coefficients 20 -o "$folder/out.npy"
expect_shape "20, 401"

echo "a text" >"$folder/text.wav"
expect_code 1 "$folder/text.wav" "$golden/chirp.wav" "$folder/none.wav" -o "$folder/out.npy"
expect_shape "3, 13, 401"
for part in "$folder/text.wav: not an audio" "$folder/none.wav: cannot open" "files that could not be used: 2 of 3"; do
  grep -qF "$part" "$folder/messages" || fail "no message with '$part'"
done
# The rows: NaN, numbers, NaN. 0x7fc00000 is NaN.
[ "$(tail -c 4 "$folder/out.npy" | od -An -tx4 | tr -d ' ')" = 7fc00000 ] || fail "the bad file's row is not NaN"
[ "$(tail -c 20856 "$folder/out.npy" | head -c 4 | od -An -tx4 | tr -d ' ')" != 7fc00000 ] || fail "the good file's row is NaN"

rm "$folder/out.npy"
expect_code 2 "$golden/chirp.wav"
expect_code 2 -o "$folder/out.npy"
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --n-mels 4
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --kind pcm
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --kind logmel --n-coefficients 5
grep -qF -e "--n-coefficients does not apply to logmel" "$folder/messages" || fail "no message of an idle option"
[ ! -e "$folder/out.npy" ] || fail "wrong usage has written a file"
expect_code 1 "$golden/chirp.wav" -o "$folder/none/out.npy"
echo "features command: as expected"
