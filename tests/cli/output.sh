#!/bin/sh
# output.sh: what is written follows links, leaves alone what is not mer's, and never meets another process's output.
. "$(dirname "$0")/cli_test.sh"
small_data data
train="$mer train text --data data --encoder $encoder --lr 1e-3"

# The user's own files stay in a model that is trained or quantized again, also through a link.
small_model text runs/7
echo mine >runs/7/notes.txt
mkdir runs/7/plots
ln -s runs/7 best
ln -s runs/8 next
# shellcheck disable=SC2086 # a list of words
expect 0 $train --epochs 2 --seed 5 --out best -q
[ -L best ] && [ -L next ] || fail "a link was replaced"
[ "$(cat runs/7/notes.txt)" = mine ] && [ -d runs/7/plots ] || fail "the user's files are gone"
grep -q '"seed": 5' runs/7/config.json || fail "the model is not the new one"
expect 0 "$mer" quantize best --out next
[ -s runs/8/config.json ] || fail "a link to a new folder was not followed"
echo mine >runs/8/notes.txt
expect 0 "$mer" quantize best --dtype bf16 --out next
grep -q bf16 runs/8/config.json && [ -s runs/8/notes.txt ] || fail "the quantized model was not replaced"
[ "$(ls runs)" = "$(printf '7\n8')" ] || fail "something is left beside the models: $(ls runs)"

# What cannot be replaced is refused before the training; nothing is left.
mkfifo fifo
echo x >file
mkdir other.partial here
echo mine >other.partial/thesis.txt
for bad in fifo file . / here/.. other; do
  # shellcheck disable=SC2086
  run $train --epochs 100000 --out $bad
  [ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "--out $bad: exit code $code, $(cat err)"
done
says "other.partial: is in the way"
[ -p fifo ] && [ -s other.partial/thesis.txt ] || fail "something of the user was replaced"
[ ! -e fifo.partial ] && [ ! -e file.partial ] || fail "a refused training left something behind"
if mknod device c 1 3 2>/dev/null; then # one of our own, not the machine's
  # shellcheck disable=SC2086
  fails_with "device: is a device, expected a folder" $train --epochs 1 --out device
  if echo x 2>/dev/null >device; then
    expect 0 "$mer" features data/high.wav -o device
    expect 0 "$mer" eval best --data data --report device --predictions device
  fi
  [ -c device ] || fail "a device was replaced"
fi

# Two processes with one output: the second is refused at once, the first loses nothing.
# shellcheck disable=SC2086
$heeding $train --epochs 100000 --out both >first.out 2>first.err &
process=$!
for _ in $(seq 1500); do
  [ -s both.partial/train.jsonl ] && break
  kill -0 $process 2>/dev/null || break
  sleep 0.02
done
# shellcheck disable=SC2086
fails_with "both.partial: another process is writing there" $train --epochs 1 --out both
fails_with "both.partial: another process is writing there" "$mer" quantize best --out both
kill -INT $process
ends_by INT
grep -q 'with --resume' first.err || fail "the first training: $(cat first.err)"
[ -s both.partial/checkpoint.safetensors ] || fail "the first training lost its state"
fails_with "both.partial: holds the state of an interrupted training" "$mer" quantize best --out both

$heeding "$mer" compare --data data --encoder "$encoder" --out comparison --text-epochs 10000 >first.out 2>first.err &
process=$!
for _ in $(seq 1500); do
  [ -s comparison/models/text-seed0.partial/train.jsonl ] && break
  kill -0 $process 2>/dev/null || break
  sleep 0.02
done
fails_with "comparison: another process is writing there" "$mer" compare --data data --encoder "$encoder" --out comparison
kill -INT $process
ends_by INT
[ -z "$(find comparison -maxdepth 1 -name '.mer*')" ] || fail "the lock of the comparison is left"

# A FIFO that nobody writes is refused, not waited for.
expect 1 timeout 60 "$mer" features fifo -o never.npy
says "fifo: not a regular file"

# Single files.
ln -s there.npy link.npy
expect 0 "$mer" features data/high.wav -o link.npy
[ -L link.npy ] && [ -s there.npy ] || fail "features: the link was replaced"
cat fifo >through.npy &
expect 0 "$mer" features data/high.wav -o fifo
wait $!
[ -p fifo ] && cmp -s there.npy through.npy || fail "features: the FIFO was replaced"
ln -s page.html page
ln -s answers.jsonl answers
expect 0 "$mer" eval best --data data --report page --predictions answers
[ -L page ] && [ -L answers ] && [ -s page.html ] && [ -s answers.jsonl ] || fail "eval: a link was replaced"
cat fifo >through.html &
expect 0 "$mer" eval best --data data --report fifo
wait $!
[ -p fifo ] && [ -s through.html ] || fail "eval: the FIFO was replaced"
finish
