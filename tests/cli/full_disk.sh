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
fails_with "limit on files is 0." \
  sh -c "ulimit -f 100; exec '$mer' train text --data data --encoder '$encoder' --out limited --epochs 100000 --seed 3 -q"
says "limited: needs a file of "
[ ! -e limited.partial ] || fail "limited.partial is left"
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

# state_of_process: a letter of the process in $process; nothing: it has ended.
state_of_process() { sed -n 's/^State:[^A-Z]*\([^Z]\) .*/\1/p' /proc/$process/status 2>/dev/null; }

# The state of an interrupted training outlives a disk that is full when it is interrupted again. The training has more epochs
# than anyone waits for, so that each interruption comes before its end.
# shellcheck disable=SC2086
stop_early() {
  : >err
  $heeding "$mer" train text $options --epochs 100000 --out disk/model --seed 3 "$@" >out 2>err &
  process=$!
  for _ in $(seq 600); do
    [ "$(grep -c '^epoch' err)" -lt 2 ] && [ -n "$(state_of_process)" ] || break
    sleep 0.05
  done
  kill -INT $process 2>/dev/null
}
state() { cksum <disk/model.partial/checkpoint.safetensors; }

rm disk/filler
stop_early
ends_by INT
says "--resume"
first=$(state)
fill 300000 # enough for a model, too little for a state
stop_early --resume # which is refused
ends 1
says "disk/model: needs "
[ "$(state)" = "$first" ] || fail "the state is not what it was"
[ "$(digest disk/model)" = "$before" ] || fail "the earlier model is not what it was"
no_temporaries
rm disk/filler
stop_early --resume
ends_by INT
says "--resume"
[ "$(state)" != "$first" ] || fail "the training did not go on from the state that the full disk left"

# A training asks for a state and what is written beside it; one that goes on has the first already.
size=$(wc -c <disk/model.partial/checkpoint.safetensors)
rm -r disk/model.partial
fill $((size * 3 / 2))
# shellcheck disable=SC2086
fails_with "disk/model: needs " "$mer" train text $options --epochs 80 --out disk/model --seed 3 -q
rm disk/filler

# A disk that becomes full within a training costs nothing: room was kept.
# start_training N OPTION...: until its Nth epoch.
start_training() {
  n=$1
  shift
  : >err
  # shellcheck disable=SC2086
  $heeding "$mer" train text $options --epochs 300 --out disk/model --seed 3 "$@" >out 2>err &
  process=$!
  for _ in $(seq 600); do
    [ "$(grep -c '^epoch' err)" -ge "$n" ] && break
    sleep 0.02
  done
}
# halts: the training stands still; false if it has ended.
halts() {
  while :; do
    case $(state_of_process) in
      T) return 0 ;;
      "") return 1 ;;
    esac
    sleep 0.01
  done
}
# in_time SIGNAL N OPTION...: a training that the signal meets after its Nth epoch; false, and nothing is left, if it has
# ended before.
in_time() {
  signal=$1
  shift
  start_training "$@"
  kill -"$signal" $process
  if [ "$signal" = STOP ]; then
    halts && return
  else
    code=0
    wait $process 2>/dev/null || code=$?
    case $signal:$code in INT:"$(status_of INT)" | KILL:"$(status_of KILL)") return ;; esac
  fi
  rm -rf disk/model disk/model.partial
  return 1
}
# A busy machine may let a training end before this script sees its Nth epoch: then all is done again.
repeatedly() {
  for _ in $(seq 20); do "$@" && return; done
  fail "$*: not in time"
  cat err
}
killed() { in_time KILL 2; }
interrupted_and_killed() { in_time INT 5 && in_time KILL 5 --resume; }
interrupted_and_halted() { in_time INT 5 && in_time STOP 5 --resume; }

rm -rf disk/model disk/model.partial
# shellcheck disable=SC2086
expect 0 "$mer" train text $options --epochs 300 --out whole --seed 3
start_training 5
fill 100000
ends 0
[ "$(digest disk/model)" = "$(digest whole)" ] || fail "a full disk changes the model"
[ ! -e disk/model.partial ] || fail "disk/model.partial is left"

# Room that a killed training holds is there for one that begins anew, and for the one that goes on.
rm -r disk/filler disk/model
repeatedly killed
[ -e disk/model.partial/reserve ] || fail "a killed training holds no room"
fill $((size + 100000))
# shellcheck disable=SC2086
expect 0 "$mer" train text $options --epochs 2 --out disk/model --seed 3
rm -r disk/filler disk/model
repeatedly interrupted_and_killed
fill 100000
# shellcheck disable=SC2086
expect 0 "$mer" train text $options --epochs 300 --out disk/model --seed 3 --resume
[ "$(digest disk/model)" = "$(digest whole)" ] || fail "killed and resumed on a full disk it is another model"

# Where something takes that room too, the state before that goes on.
rm -r disk/filler disk/model
repeatedly interrupted_and_halted
rm disk/model.partial/reserve
cat /dev/zero >disk/filler 2>/dev/null
kill -CONT $process
ends 1
says "No space left on device; disk/model.partial holds an earlier state of the training: --resume goes on from there"
rm disk/filler
# shellcheck disable=SC2086
expect 0 "$mer" train text $options --epochs 300 --out disk/model --seed 3 --resume
[ "$(digest disk/model)" = "$(digest whole)" ] || fail "resumed after a full disk it is another model"
no_temporaries
finish
