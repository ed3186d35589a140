#!/bin/sh
# full_disk.sh: a full disk costs neither the earlier model nor the state of a training. Needs the right to mount
# a small file system; else only the limit on the size of files is tried, and the rest is skipped.
. "$(dirname "$0")/cli_test.sh"
small_data data
options="--data data --encoder $encoder --lr 1e-3"

# No leftovers of atomic writing, in all folders.
no_temporaries() {
  [ -z "$(find . -name '*.tmp-*' -o -name '*.new-*')" ] || fail "temporary files are left: $(find . -name '*.tmp-*')"
}

# A limit on the size of files: a failure as any other.
small_model text limited
before=$(digest limited)
expect 1 sh -c "ulimit -f 100; exec '$mer' train text --data data --encoder '$encoder' --out limited --epochs 1 --seed 3"
says "limited.partial/model.safetensors: cannot write: File too large"
[ "$(digest limited)" = "$before" ] || fail "the earlier model is not what it was"
no_temporaries

mkdir disk
mount -t tmpfs -o size=4m tmpfs disk 2>/dev/null || {
  [ "$failures" -eq 0 ] || finish
  echo "skipped: no right to mount a file system"
  exit 77
}
trap 'umount disk; rm -rf "$work"' EXIT

# fill BYTES: fills the disk but for so many.
fill() {
  head -c "$1" /dev/zero >disk/reserve
  cat /dev/zero >disk/filler 2>/dev/null
  rm disk/reserve
}

small_model text disk/model
before=$(digest disk/model)
fill 100000
# A model that cannot be written at the end is refused at the beginning.
# shellcheck disable=SC2086 # a list of words
fails_with "disk/model: needs " \
  "$mer" train text $options --epochs 80 --out disk/model --seed 3 -q
[ "$(digest disk/model)" = "$before" ] || fail "the earlier model is not what it was"
[ ! -e disk/model.partial ] || fail "disk/model.partial is left"
expect 0 "$mer" predict disk/model --text hello
expect 0 "$mer" train audio --data data --out audio --epochs 1 --cache disk/cache
fails_with "disk/out.npy: cannot write: No space left on device" "$mer" features -o disk/out.npy --frames 100000 data/high.wav
awk 'BEGIN { print "split,text,label"; for (i = 0; i < 2000; i++) print "test,hello " i ",joy" }' >many.csv
fails_with "disk/p.jsonl: cannot write: No space left on device" "$mer" eval disk/model --data many.csv --predictions disk/p.jsonl
no_temporaries

# The state of an interrupted training outlives a disk that is full when it is interrupted again. The training has more epochs
# than anyone waits for, so that each interruption comes before its end.
# shellcheck disable=SC2086
stop_early() {
  : >err
  "$mer" train text $options --epochs 100000 --out disk/model --seed 3 "$@" >out 2>err &
  process=$!
  for _ in $(seq 600); do
    [ "$(grep -c '^epoch' err)" -ge 2 ] && break
    sleep 0.05
  done
  kill -INT $process
  code=0
  wait $process || code=$?
  [ "$code" -eq 1 ] || fail "interrupted: exit code $code"
}
state() { cksum <disk/model.partial/checkpoint.safetensors; }

rm disk/filler
stop_early
says "--resume"
first=$(state)
fill 300000 # enough for a model, too little for a state
stop_early --resume
says "mer: disk/model.partial/checkpoint.safetensors: cannot write: No space left on device"
[ "$(state)" = "$first" ] || fail "the state is not what it was"
[ "$(digest disk/model)" = "$before" ] || fail "the earlier model is not what it was"
no_temporaries
rm disk/filler
stop_early --resume
says "--resume"
[ "$(state)" != "$first" ] || fail "the training did not go on from the state that the full disk left"
finish
