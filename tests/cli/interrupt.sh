#!/bin/sh
# interrupt.sh: Ctrl-C and a closed terminal save a training, --resume finishes it as if nothing had been, a second Ctrl-C
# ends at once.
. "$(dirname "$0")/cli_test.sh"
small_data data

# reaches EPOCH: waits until the training has done it.
reaches() {
  for _ in $(seq 1500); do
    [ "$(grep -c "^epoch " err)" -ge "$1" ] && return
    kill -0 $process 2>/dev/null || break
    sleep 0.02
  done
  fail "the training did not come to epoch $1"
}

# start KIND OUT EPOCHS [COMMAND...]: trains in the background by that command, until its second epoch is done.
start() {
  kind=$1 folder=$2 epochs=$3
  shift 3
  run_by=${*:-$heeding}
  : >err
  set -- --encoder "$encoder"
  [ "$kind" != audio ] || set --
  # shellcheck disable=SC2086 # a list of words
  $run_by "$mer" train "$kind" --data data "$@" --out "$folder" --epochs $epochs --lr 1e-3 >out 2>err &
  process=$!
  reaches 2
}

# Signals are taken by a thread that awaits them: no handler interrupts what is computed or written.
no_handlers() {
  caught=$(sed -n 's/^SigCgt:.*\(....\)$/\1/p' /proc/$process/status)
  [ $((0x$caught & 0x4003)) -eq 0 ] || fail "SIGINT, SIGTERM or SIGHUP has a handler"
}

for signal in text:INT fusion:HUP; do
  kind=${signal%:*} signal=${signal#*:}
  "$mer" train $kind --data data --encoder "$encoder" --out whole-$kind --epochs 200 --lr 1e-3 -q >out 2>err || fail "whole $kind"
  start $kind $kind 200
  no_handlers
  kill -"$signal" $process
  ends_by $signal
  grep -q "^mer: interrupted in epoch [0-9]*\(,\| at step\)" err || { fail "no word on the interruption"; cat err; }
  says "$kind.partial holds the state: run the same command with --resume to go on"
  [ ! -s out ] || fail "a result in spite of the interruption"
  [ ! -e $kind ] || fail "a model in spite of the interruption"
  expect 0 "$mer" train $kind --data data --encoder "$encoder" --out $kind --epochs 200 --lr 1e-3 --resume
  prints "$kind: epoch "
  [ "$(digest $kind)" = "$(digest whole-$kind)" ] || fail "resumed $kind is not the uninterrupted one"
  [ ! -e $kind.partial ] || fail "$kind.partial is left"
done

start audio audio 100000
kill -TERM $process
ends_by TERM
says "--resume"
fails_with "had epochs 100000, this one epochs 20" "$mer" train audio --data data --out audio --lr 1e-3 --resume

# What was ignored at the beginning stays so: by nohup, or as a script runs a command in the background.
for signal in HUP INT; do
  rm -rf audio.partial
  by=env
  [ $signal = INT ] || by="$heeding nohup"
  # shellcheck disable=SC2086
  start audio audio 100000 $by
  kill -$signal $process
  reaches $(($(grep -c "^epoch " err) + 3))
  kill -TERM $process
  ends_by TERM
  says "--resume"
done

# The state is not lost by a training that does not ask for it.
fails_with "audio.partial: holds the state of an interrupted training: --resume goes on with it; remove this folder to begin anew" \
  "$mer" train audio --data data --out audio --lr 1e-3 -q
[ -s audio.partial/checkpoint.safetensors ] || fail "the state is gone"

# Evaluating many utterances takes its time; the second signal does not wait for it.
awk 'BEGIN {
  print "split,text,label"
  for (i = 0; i < 4; i++) print "train,hello " i ",joy"
  for (i = 0; i < 600000; i++) print "dev,what is it now and who are you " i ",joy"
}' >many.csv
$heeding "$mer" train text --data many.csv --encoder "$encoder" --out many --epochs 1 -q >out 2>err &
process=$!
for _ in $(seq 600); do
  [ -s many.partial/train.jsonl ] && break
  sleep 0.05
done
sleep 0.3
# A terminal that closes sends two, of which the second is not one.
for signal in HUP HUP INT; do
  kill -0 $process 2>/dev/null || fail "the evaluation was too short for another signal, or ended by the second SIGHUP"
  kill -$signal $process
  sleep 0.2
done
ends_by INT

# Nobody reads a FIFO: Ctrl-C ends the wait. ends_waiting COMMAND...
mkfifo pipe
small_model audio model
ends_waiting() {
  $heeding "$@" >out 2>err &
  process=$!
  until_heeded
  sleep 0.5
  kill -INT $process
  ends_by INT
  says "interrupted"
}
ends_waiting "$mer" features data/high.wav -o pipe
ends_waiting "$mer" eval model --data data -q --report pipe
# A recording of a year: it is not decoded to its end, neither for an answer nor after Ctrl-C.
cp data/high.wav year.wav
printf '\0\0\0\0' | dd of=year.wav bs=1 seek=40 conv=notrunc 2>/dev/null # of unknown length, as from a pipe
truncate -s 1T year.wav
expect 0 "$mer" predict model --audio year.wav
prints '"modalities":["audio"]'
ends_waiting "$mer" features year.wav -o year.npy
[ ! -e year.npy ] || fail "an interrupted array was written"
ends_waiting "$mer" eval model --data data -q --predictions pipe

# A shell's loop ends with the command in it: the shell looks whether Ctrl-C, which it has got as well, has ended that.
# shellcheck disable=SC2016
$heeding setsid bash -c 'for i in 1 2; do "$0" features year.wav -o year.npy; echo $i >>turns; done' "$mer" 2>err &
process=$!
sleep 1
kill -INT -$process
ends_by INT
says "interrupted"
[ ! -e turns ] || fail "a loop goes on after Ctrl-C: $(cat turns)"
finish
