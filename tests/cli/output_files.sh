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
fails_with "folder/new/: names a folder, expected a file to write" "$mer" features data/high.wav -o folder/new/
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
# Also where links lead to the one file, there or not.
ln -s folder/two one
ln -s one three
for pair in "one folder/two" "three one" "link/two three"; do
  # shellcheck disable=SC2086
  wrong_usage "--predictions and --report are the same file" $evaluate --predictions ${pair%% *} --report ${pair##* }
done
rm one three

# A data set is no answer of mer's, also if its lines begin with an id and have labels.
echo '{"id":"a","split":"test","text":"what a lovely day","label":"joy"}' >mine.jsonl
mkdir set
cp mine.jsonl set/manifest.jsonl
cp mine.jsonl before.jsonl
ln -s mine.jsonl by_link
for option in --predictions --report; do
  for name in mine.jsonl ./mine.jsonl by_link; do
    wrong_usage "the data set would be replaced: mine.jsonl" "$mer" eval model --data mine.jsonl $option $name
  done
done
fails_with "set/manifest.jsonl: is not JSON lines of answers, so it is not replaced" \
  "$mer" eval model --data set --predictions set/manifest.jsonl
cmp -s mine.jsonl before.jsonl && cmp -s set/manifest.jsonl before.jsonl || fail "a data set was replaced"
echo '{"id":"a","error":"none.wav: missing file"}' >errors.jsonl
expect 0 "$mer" eval model --data set --predictions errors.jsonl
expect 0 "$mer" eval model --data set --predictions errors.jsonl

# An answer is known by its first 16 KiB.
for size in 16000 17000; do
  awk -v n=$size 'BEGIN { printf "{\"id\":\""; while (n--) printf "a"; print "\",\"probs\":{}}" }' >long.jsonl
  [ $size -gt 16384 ] || expect 0 "$mer" eval model --data set --predictions long.jsonl
  [ $size -le 16384 ] || fails_with "long.jsonl: is not JSON lines of answers, so it is not replaced" \
    "$mer" eval model --data set --predictions long.jsonl
done

# A folder that takes no new file is known at once, also of a file that is there and of a link that leads there.
if [ "$(id -u)" -ne 0 ]; then
  mkdir shut
  : >shut/there
  ln -s shut/there to_file
  ln -s shut/none to_none
  : >shut/log
  chmod 555 shut
  for name in shut/there shut/none to_file to_none; do
    # shellcheck disable=SC2086
    fails_with "$name: cannot write into its folder: Permission denied" $evaluate --predictions $name
  done
  expect 0 "$mer" train text --data data --encoder "$encoder" --out logged --epochs 1 -q --log shut/log
  [ -s shut/log ] || fail "the log that is there was not written"
  chmod 755 shut
fi
ln -s nowhere/file to_nowhere
# shellcheck disable=SC2086
fails_with "to_nowhere: cannot write, as its folder cannot be found: No such file" $evaluate --report to_nowhere

# shellcheck disable=SC2086
wrong_usage "--report takes a file" $evaluate --report -
echo mine >./-
wrong_usage "--log takes a file" "$mer" train text --data data --encoder "$encoder" --out m --log -
[ "$(cat ./-)" = mine ] || fail "a file named - was replaced"
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

# Standard output and other open descriptors are written where they stand; what is there already stays.
for redirect in '>' '>>'; do
  for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    rm -f mixed.npy
    echo header >header
    cat header high.npy >expected.npy
    if [ "$redirect" = '>' ]; then
      (echo header; "$mer" features data/high.wav -o "$name" 2>err) >mixed.npy || fail "features -o $name"
    else
      echo header >mixed.npy
      "$mer" features data/high.wav -o "$name" 2>err >>mixed.npy || fail "features -o $name: $(cat err)"
    fi
    cmp -s mixed.npy expected.npy || fail "features -o $name $redirect: something is lost"
  done
  # shellcheck disable=SC2086
  if [ "$redirect" = '>' ]; then $evaluate --json --predictions /dev/stdout >mixed 2>err
  else echo header >mixed; $evaluate --json --predictions /dev/stdout >>mixed 2>err; fi || fail "$redirect: $(cat err)"
  grep -v -e '^header$' -e '"metrics"' mixed | cmp -s - answers || fail "eval $redirect: other answers"
  [ "$(grep -c '"metrics"' mixed)" -eq 1 ] || fail "eval $redirect: no result"
  [ "$redirect" = '>' ] || [ "$(head -n 1 mixed)" = header ] || fail "eval $redirect: the header is lost"
done
"$mer" features data/high.wav -o /dev/fd/7 7>seven.npy 2>err && cmp -s seven.npy high.npy || fail "descriptor 7"
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
