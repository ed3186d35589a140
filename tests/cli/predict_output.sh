#!/bin/sh
# predict_output.sh: the file that `mer predict -o` writes: what it may replace, and what a later run may go on with.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model text other --seed 3
awk 'BEGIN { for (i = 0; i < 3000; i++) print "{\"id\":" i ",\"text\":\"stop that " i "\"}" }' >many.jsonl
head -n 3 many.jsonl >few.jsonl
"$mer" predict text many.jsonl >expected 2>err || fail "$(cat err)"

# stop COMMAND..: runs it until it has a mark beyond the first, and kills it; tries again where it ends before.
stop() {
  for _ in $(seq 50); do
    rm -f answers.jsonl answers.jsonl.partial answers.jsonl.partial.state
    "$@" 2>err &
    process=$!
    # With the mark of the beginning alone the state has fewer bytes.
    while kill -0 $process 2>/dev/null && [ "$(cat answers.jsonl.partial.state 2>/dev/null | wc -c)" -lt 200 ]; do :; done
    kill -9 $process 2>/dev/null
    wait $process 2>/dev/null
    [ -e answers.jsonl.partial ] && [ -s answers.jsonl.partial ] && return
  done
  fail "no run could be killed"
}
stop "$mer" predict text many.jsonl -o answers.jsonl
cp answers.jsonl.partial kept && cp answers.jsonl.partial.state kept.state

# What goes on is the same run alone.
fails_with "answers.jsonl.partial: an unfinished run has left it: --resume goes on" "$mer" predict text many.jsonl -o answers.jsonl
fails_with "differs in its model; remove it to begin anew" "$mer" predict other many.jsonl -o answers.jsonl --resume
fails_with "differs in its options" "$mer" predict text many.jsonl -o answers.jsonl --resume --min-confidence .5
fails_with "differs in its options" "$mer" predict text many.jsonl -o answers.jsonl --resume --map-labels joy=happy
fails_with "differs in its options" "$mer" predict text many.jsonl -o answers.jsonl --resume --format table
fails_with "differs in its inputs" "$mer" predict text few.jsonl -o answers.jsonl --resume
fails_with "differs in its inputs" "$mer" predict text many.jsonl few.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl.partial kept && cmp -s answers.jsonl.partial.state kept.state || fail "a refusal has changed what is there"
printf '{"id":29' >>answers.jsonl.partial
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "a resumed run has other bytes"
[ "$(echo answers.jsonl*)" = answers.jsonl ] || fail "left: $(echo answers.jsonl*)"
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume # nothing to go on with: it begins
cmp -s answers.jsonl expected || fail "a run with --resume alone has other bytes"
# The last mark is torn: the one before it counts.
rm answers.jsonl
cp kept answers.jsonl.partial && cp kept.state answers.jsonl.partial.state
printf 'torn' | dd of=answers.jsonl.partial.state bs=1 seek=$(($(wc -c <kept.state) - 60)) conv=notrunc 2>/dev/null
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "after a torn mark there are other bytes"
# Parts that are gone, a state that is none, parts of somebody else.
rm answers.jsonl
cp kept.state answers.jsonl.partial.state
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "without its parts a run does not begin anew"
rm answers.jsonl
echo mine >answers.jsonl.partial
fails_with "answers.jsonl.partial: is not of an unfinished run, so it is not replaced" "$mer" predict text few.jsonl -o answers.jsonl
[ ! -e answers.jsonl.partial.state ] || fail "a state is left"
[ "$(cat answers.jsonl.partial)" = mine ] || fail "a file of the user is changed"
rm answers.jsonl.partial
echo mine >answers.jsonl.partial.state
fails_with "answers.jsonl.partial.state: is not of an unfinished run" "$mer" predict text few.jsonl -o answers.jsonl --resume
rm answers.jsonl.partial.state
# Ctrl-C says how to go on.

for _ in $(seq 20); do
  # shellcheck disable=SC2086 # a list of words
  $heeding "$mer" predict text many.jsonl -o answers.jsonl -q 2>err &
  process=$!
  while kill -0 $process 2>/dev/null && [ ! -s answers.jsonl.partial ]; do :; done
  kill -INT $process 2>/dev/null
  code=0
  wait $process || code=$?
  [ "$code" -ne 0 ] && break
done
[ "$code" -eq "$(status_of INT)" ] || fail "exit code $code after Ctrl-C"
says "mer: interrupted; run the same command with --resume to go on with answers.jsonl.partial"
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "after Ctrl-C a resumed run has other bytes"
wrong_usage "--resume needs -o FILE" "$mer" predict text many.jsonl --resume
wrong_usage "--resume needs -o FILE" "$mer" predict text many.jsonl --resume -o -
wrong_usage "--resume cannot read a stream again" "$mer" predict text - --resume -o new.jsonl

# Two at once.
mkfifo input.jsonl
"$mer" predict text input.jsonl -o answers.jsonl 2>first.err &
process=$!
exec 3>input.jsonl
until [ -e answers.jsonl.partial ]; do :; done
fails_with "answers.jsonl: another process is writing there" "$mer" predict text few.jsonl -o answers.jsonl
cat few.jsonl >&3
exec 3>&-
wait $process || fail "the first of two: $(cat first.err)"
head -n 3 expected | cmp -s - answers.jsonl || fail "the first of two has other bytes"

# Links are followed, also those that lead nowhere as yet; a FIFO and standard output are written through.
mkdir folder
ln -s folder/real.jsonl link.jsonl
expect 0 "$mer" predict text few.jsonl -o link.jsonl
[ -L link.jsonl ] && head -n 3 expected | cmp -s - folder/real.jsonl || fail "a link is not followed"
mkfifo pipe
"$mer" predict text few.jsonl --format jsonl -o pipe 2>err &
head -n 3 expected >three
cmp -s pipe three || fail "a FIFO has other bytes"
wait
[ -p pipe ] || fail "a FIFO is replaced"
fails_with "pipe: is not a regular file" "$mer" predict text few.jsonl -o pipe --resume
"$mer" predict text few.jsonl -o /dev/stdout >out 2>err || fail "standard output by name: $(cat err)"
cmp -s out three || fail "standard output by its name has other bytes"
expect 0 "$mer" predict text few.jsonl -o -
cmp -s out three || fail "standard output as - has other bytes"

# The ending of a file is read with capitals, too.
expect 0 "$mer" predict text few.jsonl -o capitals.CSV
grep -q '^id,' capitals.CSV || fail "capitals: $(head -n 1 capitals.CSV)"

# What is somebody else's, or read, is not replaced.
fails_with "data/manifest.csv: is not a table of answers of mer, so it is not replaced" "$mer" predict text few.jsonl -o data/manifest.csv
printf '{"id":"a","text":"b"}\n' >mine.jsonl
fails_with "mine.jsonl: is not JSON lines of answers" "$mer" predict text few.jsonl -o mine.jsonl
wrong_usage "few.jsonl would be replaced by its answers" "$mer" predict text few.jsonl -o ./few.jsonl
wrong_usage "data/low.wav would be replaced by its answers" "$mer" predict --audio data/low.wav -o data/low.wav --format csv
fails_with "nowhere/a.jsonl: cannot write, as its folder cannot be found" "$mer" predict text few.jsonl -o nowhere/a.jsonl
fails_with "folder: is a folder, expected a file to write" "$mer" predict text few.jsonl -o folder

# In the folder that is read: neither it nor its parts are inputs.
mkdir texts
for i in 1 2 3; do echo "hello $i" >"texts/$i.txt"; done
for _ in 1 2; do
  expect 0 "$mer" predict text texts -o texts/answers.txt --format table
  [ "$(wc -l <texts/answers.txt)" -eq 4 ] || fail "answers among the inputs: $(cat texts/answers.txt)"
done
mkdir short && cp texts/1.txt short/a.txt && cp texts/2.txt short/b.txt
expect 0 "$mer" predict text short -o short/a --format jsonl
[ "$(wc -l <short/a)" -eq 2 ] || fail "a file whose name begins as that of the output: $(cat short/a)"

# A full disk: what was done stays.
if [ -w /dev/full ]; then
  run "$mer" predict text few.jsonl -o /dev/full
  [ "$code" -eq 1 ] || fail "exit code $code on a full device"
  says "mer: /dev/full: cannot write: No space left on device"
fi
rm -f answers.jsonl
# shellcheck disable=SC2016 # $0 is the program's
run sh -c 'trap "" XFSZ; ulimit -f 400; exec "$0" predict text many.jsonl -o answers.jsonl -q' "$mer"
[ "$code" -eq 1 ] || fail "exit code $code at the limit of a file"
says "answers.jsonl.partial: cannot write: File too large; run the same command with --resume"
expect 0 "$mer" predict text many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "after a full disk a resumed run has other bytes"

# Turns of a dialogue that were answered by the run before are still its context.
small_model text reader --context 3
awk 'BEGIN { for (i = 0; i < 3000; i++) print "{\"id\":" i ",\"text\":\"stop that " i "\",\"dialogue\":\"" i % 3 "\"}" }' >many.jsonl
"$mer" predict reader many.jsonl >expected 2>err || fail "$(cat err)"
stop "$mer" predict reader many.jsonl -o answers.jsonl
expect 0 "$mer" predict reader many.jsonl -o answers.jsonl --resume
cmp -s answers.jsonl expected || fail "a resumed run of dialogues has other bytes"
finish
