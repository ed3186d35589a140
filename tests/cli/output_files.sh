#!/bin/sh
# output_files.sh: what single files may be written is known before anything is computed, and nobody's file is replaced.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text model
evaluate="$mer eval model --data data"

# The folder of an output must be there, and the output must not be one.
mkdir folder
for missing in nowhere/file folder/nowhere/file; do
  # shellcheck disable=SC2086 # a list of words
  fails_with "$missing: cannot write, as its folder cannot be found: No such file" $evaluate --report $missing
  # shellcheck disable=SC2086
  fails_with "$missing: cannot write, as its folder" $evaluate --predictions $missing
  fails_with "$missing: cannot write, as its folder" "$mer" features data/high.wav data/none.wav -o $missing
done
# shellcheck disable=SC2086
fails_with "folder: is a folder, expected a file to write" $evaluate --report folder
echo file >file
fails_with "file/answers: cannot write: Not a directory" "$mer" features data/high.wav -o file/answers
if [ "$(id -u)" -ne 0 ]; then
  cp file closed
  chmod 200 closed
  fails_with "closed: is not replaced, as it cannot be read: Permission denied" "$mer" features data/high.wav -o closed
fi

# Two outputs of one name, however it is written, would leave one of the two.
ln -s folder link
for pair in "both both" "both ./both" "folder/both link/both"; do
  for there in no yes; do
    [ "$there" = no ] || : >"${pair%% *}"
    # shellcheck disable=SC2086
    wrong_usage "--predictions and --report are the same file" $evaluate --predictions ${pair%% *} --report ${pair##* }
  done
  rm "${pair%% *}"
done
# shellcheck disable=SC2086
wrong_usage "--report takes a file" $evaluate --report -
# shellcheck disable=SC2086
expect 0 $evaluate --predictions answers --report page
: >-
echo mine >./-
# shellcheck disable=SC2086
expect 0 $evaluate --predictions - --json
[ "$(wc -l <out)" -eq 7 ] || fail "$(wc -l <out) lines, not a result and 6 answers"
sed 1d out | cmp -s - answers || fail "other answers on standard output"
expect 0 "$mer" features data/high.wav -o high.npy
"$mer" features data/high.wav -o - 2>err | cmp -s - high.npy || fail "other features through standard output"
"$mer" features data/high.wav -o - >there.npy 2>err || fail "features into a file by standard output"
cmp -s there.npy high.npy || fail "other features in a file by standard output"
[ "$(cat ./-)" = mine ] || fail "a file named - was replaced"

# A comparison does not replace what is not mer's, and says so before it trains.
compare="$mer compare --data data --encoder $encoder --text-epochs 1 --epochs 1 -q --out"
mkdir results
for name in results.json report.html; do
  printf '<!DOCTYPE html>\n<html lang="en">\n<title>mine</title>\n' >results/$name
  # shellcheck disable=SC2086
  fails_with "results/$name: is not a re" $compare results
  grep -q mine results/$name || fail "results/$name was replaced"
  [ "$(ls results)" = $name ] || fail "a refused comparison left something: $(ls results)"
  rm results/$name
done
# shellcheck disable=SC2086
expect 0 $compare results
cp results/results.json first.json
# shellcheck disable=SC2086
expect 0 $compare results
[ -s results/report.html ] && ! cmp -s results/results.json first.json || fail "mer's own results were not replaced"
# shellcheck disable=SC2086
expect 0 $evaluate --report results/report.html

# What names no encoder of text says what it is.
small_model audio audio
fails_with "audio: this model has no text encoder" "$mer" embed --encoder audio data/manifest.csv
finish
