#!/bin/sh
# usage.sh: help, wrong usage and its exit code.
. "$(dirname "$0")/cli_test.sh"

expect 0 "$mer" --help
prints "usage: mer COMMAND"
for command in train eval compare predict info quantize tokenize embed features import bench; do
  expect 0 "$mer" --help
  prints "  $command "
  expect 0 "$mer" "$command" --help
  prints "usage: mer $command "
  for option in --threads --seed --quiet --json --help; do prints " $option"; done
  [ ! -s err ] || fail "messages from $command --help"
  wrong_usage "mer $command: '--no-such-option' is not an option" "$mer" "$command" --no-such-option
  wrong_usage "--threads takes a whole number from 0 to 4096, not 'many'" "$mer" "$command" --threads many
  for number in 0x2 " 2" 2_ ""; do
    wrong_usage "--threads takes a whole number from 0 to 4096, not '$number'" "$mer" "$command" --threads "$number"
  done
  wrong_usage "'--seed' lacks its value" "$mer" "$command" --seed
  wrong_usage "'--json=yes': the option takes no value" "$mer" "$command" --json=yes
  wrong_usage "'-Z' is not an option" "$mer" "$command" -Z
  wrong_usage "mer $command: name 2 is empty" "$mer" "$command" a ""
done
expect 0 "$mer" --version
prints "mer 0."
run "$mer"
[ "$code" -eq 2 ] || fail "no command: exit code $code"
run "$mer" trane
[ "$code" -eq 2 ] || fail "unknown command: exit code $code"
says "mer: there is no command 'trane'; \`mer --help\` lists them"
expect 0 "$mer" help train
prints " --unimodal-loss"
expect 0 "$mer" help
prints "mer help COMMAND"
expect 0 "$mer" help train fusion
prints " --unimodal-loss"
expect 0 "$mer" help help
prints "mer help COMMAND"
expect 2 "$mer" help trane
says "mer: there is no command 'trane'; \`mer --help\` lists them"

run sh -c "ulimit -s 200; exec '$mer' --version"
[ "$code" -eq 1 ] && [ ! -s out ] || fail "a small stack: exit code $code"
says "mer: the limit on stacks (ulimit -s) is 200 KiB, expected at least 256"

export MER_CPU=avx3
run "$mer" info model
[ "$code" -eq 2 ] || fail "unknown MER_CPU: exit code $code"
case $(cpu_levels) in
  "sse avx2 avx512 avx512_vnni avx512_bf16 amx" | "plain neon dotprod" | plain) ;;
  *) fail "levels of the processor: $(cpu_levels)" ;;
esac
says "not 'avx3'"
MER_CPU="" expect 0 "$mer" --version # as if it was not set
unset MER_CPU

wrong_usage "'-x' is not an option" "$mer" predict --json -xq
wrong_usage "'-x' is not an option" "$mer" predict model -qx --json
wrong_usage "'--help=x': the option takes no value" "$mer" predict --help=x
wrong_usage "'-o' lacks its value" "$mer" quantize model -o
wrong_usage "'--lab=a' is not an option" "$mer" info --lab=a
wrong_usage "'--text-' may be one of several options" "$mer" compare --text- 1
expect 0 "$mer" train --epo 1 --help # the beginning of a name is enough

# A name that is empty is a mistake that is known at once.
wrong_usage "--labels is empty, expected A,B,.." "$mer" eval model --data d --labels ""
wrong_usage "--out is empty, expected MODEL" "$mer" train text --data d --out ""
wrong_usage "--out is empty, expected DIR" "$mer" compare --data d --encoder e -o ""
wrong_usage "--out is empty, expected DIR" "$mer" quantize model -o ""
wrong_usage "--out is empty, expected OUT.npy|-" "$mer" features a.wav -o ""
wrong_usage "--report is empty, expected FILE" "$mer" eval model --data d --report ""

# What is printed and cannot be written is a failure with its reason.
if [ -w /dev/full ]; then
  for words in --version --help "train --help"; do
    code=0
    # shellcheck disable=SC2086 # a list of words
    "$mer" $words >/dev/full 2>err || code=$?
    [ "$code" -eq 1 ] || fail "mer $words on a full device: exit code $code"
    says "mer: standard output: cannot write: No space left on device"
  done
fi

wrong_usage "expected one kind of model" "$mer" train --data d --out m
wrong_usage "'video' is not a kind of model: text, audio, image or fusion" "$mer" train video --data d --out m
wrong_usage "--data and --out are needed" "$mer" train text --data d
wrong_usage "--epochs takes a whole number from 1 to 100000, not '0'" "$mer" train text --data d --out m --epochs 0
wrong_usage "--epochs takes a whole number from 1 to 100000, not '1.5'" "$mer" train text --data d --out m --epochs 1.5
wrong_usage "--lr takes a number from 1e-12 to 1, not 'nan'" "$mer" train text --data d --out m --lr nan
wrong_usage "--keep is one of best|last, not 'first'" "$mer" train text --data d --out m --keep first
wrong_usage "exclude each other" "$mer" train text --data d --out m --freeze-encoder --fine-tune
wrong_usage "--freeze-layers takes a whole number from 0 to 999, not '-1'" "$mer" train text --data d --out m --freeze-layers -1
wrong_usage "need an encoder from a directory that is trained" "$mer" train fusion --data d --out m --encoder e --freeze-layers 2
wrong_usage "need an encoder from a directory that is trained" "$mer" train audio --data d --out m --layer-decay .9
wrong_usage "need an encoder from a directory that is trained" "$mer" train audio --data d --out m --encoder-lr 1e-5
wrong_usage "expected one model and --data" "$mer" eval model
wrong_usage "expected one model and --data" "$mer" eval --data d
wrong_usage "--split is one of train|dev|test, not 'all'" "$mer" eval model --data d --split all
wrong_usage "expected one of" "$mer" predict
fails_with "model: not there: expected the folder of a model, or a file" "$mer" predict model
wrong_usage "expected one of" "$mer" predict model folder --text hello
wrong_usage "expected one of" "$mer" predict model --jsonl - --audio a.wav
wrong_usage "expected one directory" "$mer" info
wrong_usage "expected one directory" "$mer" info a b
wrong_usage "expected --encoder" "$mer" embed
wrong_usage "--dtype is one of f32|int8, not 'f16'" "$mer" embed --encoder e --dtype f16
wrong_usage "expected one directory and --out" "$mer" quantize model
wrong_usage "--dtype is one of int8|bf16, not 'f32'" "$mer" quantize model --out m --dtype f32
wrong_usage "expected --encoder" "$mer" tokenize
wrong_usage "-o and at least one file" "$mer" features a.wav
finish
