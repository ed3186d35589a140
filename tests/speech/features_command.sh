#!/bin/sh
# features_command.sh MER GOLDEN PEAK_MEMORY: `mer features` on good and bad files: shapes, exit codes, messages.
set -eu
mer=$1 golden=$2 peak=$3
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
for part in "$folder/text.wav: not an audio or video file: expected one that FFmpeg reads" "$folder/none.wav: cannot open" "files that could not be used: 2 of 3"; do
  grep -qF "$part" "$folder/messages" || fail "no message with '$part'"
done
# The rows: NaN, numbers, NaN. 0x7fc00000 is NaN.
[ "$(tail -c 4 "$folder/out.npy" | od -An -tx4 | tr -d ' ')" = 7fc00000 ] || fail "the bad file's row is not NaN"
[ "$(tail -c 20856 "$folder/out.npy" | head -c 4 | od -An -tx4 | tr -d ' ')" != 7fc00000 ] || fail "the good file's row is NaN"

# Arrays that are written in parts, here a row at a time, are those of their rows, and no more rows are held.
large="--frames 262144"
for name in chirp.wav text.wav long.flac; do
  [ $name = text.wav ] && file=$folder/text.wav || file=$golden/$name
  "$mer" features "$file" $large -o "$folder/row.npy" 2>"$folder/messages" || [ $name = text.wav ] || fail "$name"
  tail -c +257 "$folder/row.npy" >>"$folder/rows"
done
for threads in 1 3; do
  expect_code 1 "$golden/chirp.wav" "$folder/text.wav" "$golden/long.flac" $large --threads $threads -o "$folder/out.npy"
  expect_shape "3, 13, 262144"
  tail -c +257 "$folder/out.npy" | cmp - "$folder/rows" || fail "the parts are not the rows"
done
set --
for _ in 1 2 3 4 5 6 7 8 9 10; do set -- "$@" "$golden/chirp.wav"; done
few=$("$peak" "$mer" features "$@" $large --threads 2 -o /dev/null)
many=$("$peak" "$mer" features "$@" "$@" "$@" "$@" $large --threads 2 -o /dev/null)
# Thirty more rows have 409 MB.
[ $((many - few)) -lt 100000 ] || fail "memory grows with the files: $few KB for 10, $many KB for 40"

rm "$folder/out.npy" "$folder/rows"
expect_code 2 "$golden/chirp.wav"
expect_code 2 -o "$folder/out.npy"
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --n-mels 4
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --kind pcm
expect_code 2 "$golden/chirp.wav" -o "$folder/out.npy" --kind logmel --n-coefficients 5
grep -qF -e "--n-coefficients does not apply to logmel" "$folder/messages" || fail "no message of an idle option"
[ ! -e "$folder/out.npy" ] || fail "wrong usage has written a file"
before=$(cksum <"$folder/row.npy")
expect_code 2 "$golden/chirp.wav" "$folder/row.npy" -o "$folder/row.npy"
grep -qF "row.npy would be replaced by its features" "$folder/messages" || fail "no message of an input that is the output, too"
[ "$(cksum <"$folder/row.npy")" = "$before" ] || fail "an input was replaced"
expect_code 1 "$golden/chirp.wav" -o "$folder/none/out.npy"
echo "features command: as expected"
