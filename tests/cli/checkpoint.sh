#!/bin/sh
# checkpoint.sh: a training that is killed within an epoch goes on from the state that it saved there, to the same bytes.
. "$(dirname "$0")/cli_test.sh"
small_data data

# Steps that were done before the state was saved.
saved_step() { LC_ALL=C grep -ao '"step\\":[0-9]*' "$1.partial/checkpoint.safetensors" 2>/dev/null | head -n 1 | tr -cd 0-9; }

# train_kind OUT OPTION...: 24 steps an epoch, so that most states lie within one.
train_kind() {
  train_out=$1
  shift
  "$mer" train "$kind" --data data --encoder "$encoder" --out "$train_out" --epochs 12 --lr 1e-3 --batch-size 1 --dtype $dtype "$@"
}

for kind in text fusion; do
  for dtype in f32 bf16; do
    train_kind whole -q >out 2>err || fail "whole $kind $dtype"
    resume=""
    for least in 30 150; do # killed twice
      # shellcheck disable=SC2086 # no word or one
      "$mer" train "$kind" --data data --encoder "$encoder" --out model --epochs 12 --lr 1e-3 --batch-size 1 --dtype $dtype \
        --checkpoint-every 0 $resume >out 2>err &
      process=$!
      for _ in $(seq 3000); do
        step=$(saved_step model)
        [ "${step:-0}" -ge $least ] && break
        kill -0 $process 2>/dev/null || break
        sleep 0.01
      done
      kill -KILL $process 2>/dev/null || fail "$kind $dtype: the training ended before it could be killed"
      wait $process 2>/dev/null
      resume=--resume
    done
    [ ! -e model ] || fail "a model in spite of the kill"
    [ "$(($(saved_step model) % 24))" -ne 0 ] || echo "$kind $dtype: by chance the state is one of an epoch's end"
    expect 0 train_kind model --resume
    [ "$(digest model)" = "$(digest whole)" ] || fail "resumed $kind in $dtype is not the uninterrupted one"
    [ ! -e model.partial ] || fail "model.partial is left"
    rm -r model whole
  done
done
wrong_usage "--checkpoint-every takes a number from 0" "$mer" train text --data data --out m --checkpoint-every -1
finish
