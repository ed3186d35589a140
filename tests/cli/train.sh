#!/bin/sh
# train.sh: the arithmetic that `mer train` is asked for: it gives the same bytes again, and is written down.
. "$(dirname "$0")/cli_test.sh"
small_data data

# small_training OUT ARGUMENTS...
small_training() {
  out_model=$1
  shift
  expect 0 "$mer" train text --data data --encoder "$encoder" --out "$out_model" --epochs 2 --seed 5 -q "$@"
}
# dtype MODEL: that it was trained in.
dtype() {
  expect 0 "$mer" info "$1" --json
  tr -d '\n' <out | { cat && echo; } | "$json_lines" training.dtype
}
# loss MODEL: of its last epoch.
loss() { grep '"epoch"' "$1/train.jsonl" | tail -n 1 | "$json_lines" loss; }

for dtype in f32 bf16; do
  small_training $dtype --dtype $dtype
  small_training again --dtype $dtype
  [ "$(dtype $dtype)" = $dtype ] || fail "the model was trained in $(dtype $dtype), not $dtype"
  [ "$(digest $dtype)" = "$(digest again)" ] || fail "$dtype gives other bytes when repeated"
  small_training clipped --dtype $dtype --clip 1
  [ "$(digest $dtype)" != "$(digest clipped)" ] || fail "clipping changes nothing in $dtype"
done
[ "$(digest f32)" != "$(digest bf16)" ] || fail "bf16 is f32"
awk -v a="$(loss f32)" -v b="$(loss bf16)" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < (.02 * a) ^ 2) }' ||
  fail "the losses are far apart: f32 $(loss f32), bf16 $(loss bf16)"

# The default is f32 where the processor does not multiply bfloat16, or must not.
lowest=$(cpu_levels | cut -d' ' -f1)
export MER_CPU="$lowest"
small_training limited
[ "$(dtype limited)" = f32 ] || fail "the default at the lowest level is $(dtype limited)"
small_training limited --dtype bf16
[ "$(dtype limited)" = bf16 ] || fail "bf16 needs more than the lowest level"
unset MER_CPU
expect 0 "$mer" train audio --data data --out audio --epochs 1 -q
[ "$(dtype audio)" = f32 ] || fail "the default of audio is $(dtype audio)"
wrong_usage "--dtype is one of f32|bf16, not 'f16'" "$mer" train text --data data --out m --dtype f16

# The log: mer's own is replaced, nobody else's; a device and a FIFO are written through.
short="$mer train audio --data data --epochs 1 -q --out short"
echo mine >mine.txt
# shellcheck disable=SC2086 # a list of words
{
  fails_with "mine.txt: is not a training log of mer, so it is not replaced" $short --log mine.txt
  fails_with "nowhere/log: cannot write, as its folder cannot be found" $short --log nowhere/log
  echo '{"event":"login","user":"x"}' >app.jsonl
  cp app.jsonl kept
  fails_with "app.jsonl: is not a training log of mer, so it is not replaced" $short --log app.jsonl
  cmp -s app.jsonl kept || fail "the log of another program is emptied"
  [ "$(cat mine.txt)" = mine ] && [ ! -e short ] && [ ! -e short.partial ] || fail "a refused log left something"
  expect 0 $short --log log.jsonl
  expect 0 $short --log log.jsonl
  [ "$(grep -c '"event":"start"' log.jsonl)" -eq 1 ] || fail "the log is not replaced"
  expect 0 $short --log /dev/null
  mkfifo pipe
  cat pipe >through &
  expect 0 $short --log pipe
  wait $!
  [ -p pipe ] && [ "$(grep -c event through)" -eq 3 ] || fail "the FIFO: $(cat through)"
  # Without a reader: Ctrl-C ends the wait.
  $heeding $short --log pipe >out 2>err &
  process=$!
  sleep 0.5
  kill -INT $process
  ends_by INT
  says "pipe: interrupted"
  # What is open already is written on: nothing of it is lost, and nothing is written over.
  for log in /dev/stdout /dev/fd/7 /proc/self/fd/7; do
    echo before >mixed
    $short --log $log >>mixed 7>&1 2>err || fail "--log $log: $(cat err)"
    [ "$(head -n 1 mixed)" = before ] && [ "$(grep -c event mixed)" -eq 3 ] || fail "--log $log >>: $(cat mixed)"
    { echo before && $short --log $log 7>&1 2>err && echo after; } >mixed || fail "--log $log: $(cat err)"
    [ "$(wc -l <mixed)" -eq 6 ] && [ "$(tail -n 1 mixed)" = after ] || fail "--log $log >: $(cat mixed)"
  done
  # A training that cannot begin leaves the log of an earlier one.
  cp log.jsonl earlier
  fails_with "nowhere" "$mer" train text --data data --encoder nowhere --out short --log log.jsonl
  cmp -s log.jsonl earlier || fail "a training that did not begin emptied the log"
}

# A log at the place of the model, or of what is written for it, is refused before anything is trained.
audio="$mer train audio --data data --epochs 1 --out place"
mkdir there
ln -s place to_place
ln -s there to_there
# shellcheck disable=SC2086
{
  for name in place ./place to_place; do wrong_usage "--log and --out are the same name: $name" $audio --log $name; done
  wrong_usage "--log and --out are the same name" "$mer" train audio --data data --out to_place --log place
  wrong_usage "--log and --out are the same name: new" "$mer" train audio --data data --out new/ --log new
  fails_with "place.partial: the training log cannot lie where the model will" $audio -q --log place.partial
  fails_with "there/train.jsonl: the training log cannot lie where" \
    "$mer" train audio --data data --out to_there -q --log there/train.jsonl
  [ ! -e place ] && [ ! -e place.partial ] && [ ! -e there.partial ] || fail "a refused training left something"
  rm to_place
  expect 0 "$mer" train audio --data data --epochs 1 --out there -q --log there/mine.jsonl
  [ "$(grep -c event there/mine.jsonl)" -eq 3 ] || fail "the log in the model's folder is not carried over"
}

# A log that cannot be written any more does not end the training, but is told, and the exit code says so.
# log_fails REASON PLACE OPTION...
log_fails() {
  reason=$1 log=$2
  shift 2
  rm -rf place
  # shellcheck disable=SC2086
  expect 1 $audio --epochs 20 --log "$log" "$@"
  prints "place: epoch "
  [ "$(grep -c "^mer: warning: $log: cannot write the training log: $reason; it ends here" err)" -eq "$n_warnings" ] ||
    fail "not $n_warnings warning: $(cat err)"
  says "mer: $log: the training log is not whole: $reason; the model is written"
  expect 0 "$mer" predict place --audio data/high.wav
}
if [ -w /dev/full ]; then
  n_warnings=1 log_fails "No space left on device" /dev/full
  n_warnings=0 log_fails "No space left on device" /dev/full -q
fi
head -n 1 pipe >first &
n_warnings=1 log_fails "Broken pipe" pipe
wait $!
[ "$(grep -c '"event":"start"' first)" -eq 1 ] || fail "the reader's line: $(cat first)"

# What the command line alone shows to be wrong.
audio="$mer train audio --data data --out m"
# shellcheck disable=SC2086 # a list of words
{
  wrong_usage "'foo' is not an encoder of sound, expected its folder, or one of: vector, mel-stats" $audio --speech-encoder foo
  wrong_usage "'bert' is not an encoder of sound" $audio --speech-encoder bert
  wrong_usage "modality 'audio' is named twice" $audio --modalities audio,face,audio
  wrong_usage "'audio,,face' is not a list of 1 to" $audio --modalities audio,,face
  wrong_usage "--limit takes a whole number from 0, not '-1'" $audio --limit -1
}

# What does not apply is not ignored.
wrong_usage "--encoder does not apply to audio" "$mer" train audio --data data --out m --encoder "$encoder"
wrong_usage "--fine-tune does not apply to audio" "$mer" train audio --data data --out m --fine-tune
wrong_usage "--max-length does not apply to audio" "$mer" train audio --data data --out m --max-length 7
wrong_usage "--max-duration does not apply to text" "$mer" train text --data data --out m --encoder "$encoder" --max-duration 3
wrong_usage "--face-detector does not apply to audio" "$mer" train audio --data data --out m --face-detector ./nowhere
fails_with "./clips: a folder of clips belongs to a data set of MELD's layout; a manifest names" \
  "$mer" train audio --data data --out m --media ./clips
fails_with "./clips: a folder of clips belongs to a data set of MELD's layout; a manifest names" \
  "$mer" train audio --data data --data data/manifest.csv --out m --media ./clips
for option in --no-standardize "--max-duration 3"; do
  # shellcheck disable=SC2086 # a list of words
  wrong_usage "${option%% *} does not apply to fusion of text" \
    "$mer" train fusion --modalities text --data data --out m --encoder "$encoder" $option
done
wrong_usage "--speech-encoder does not apply to text" "$mer" train text --data data --out m --encoder "$encoder" --speech-encoder mel-stats
wrong_usage "--speech-encoder does not apply to fusion of text,face" \
  "$mer" train fusion --modalities text,face --data data --out m --encoder "$encoder" --speech-encoder mel-stats
for option in "--layers last" "--pool mean" "--trim 5" --padded; do
  # shellcheck disable=SC2086
  {
    idle="${option%% *} without --speech-encoder does not apply to"
    wrong_usage "$idle text" "$mer" train text --data data --out m --encoder "$encoder" $option
    wrong_usage "$idle audio" "$mer" train audio --data data --out m $option
    wrong_usage "$idle fusion of text,face" "$mer" train fusion --modalities text,face --data data --out m --encoder "$encoder" $option
    for name in vector mel-stats; do
      wrong_usage "layers, pooling, trimming and padding are those of an encoder of sound" \
        "$mer" train audio --data data --out m --speech-encoder $name $option
    done
  }
done
fails_with "takes sound as long as it is; only Whisper's is padded" \
  "$mer" train audio --data data --out m --speech-encoder "$root/tests/golden/wav2vec/wav2vec2" --padded
wrong_usage "--trim with --padded does not apply to audio" \
  "$mer" train audio --data data --out m --speech-encoder "$root/tests/golden/wav2vec/wav2vec2" --padded --trim 30
for option in "--layers last" "--pool mean" "--trim 5" --no-standardize "--freeze-encoder --by-speaker"; do
  # shellcheck disable=SC2086
  fails_with "a classifier, which hears as it was trained to" \
    "$mer" train audio --data data --out m --speech-encoder "$root/tests/golden/whisper" $option
done
for kind in text fusion; do
  fails_with "maximum length: 100000 tokens, but the encoder has 64 positions" \
    "$mer" train $kind --data data --out m --encoder "$encoder" --max-length 100000
done
fails_with "maximum length: 65 tokens, but the encoder has 64 positions" \
  "$mer" compare --data data --out c --encoder "$encoder" --max-length 65 -q
fails_with "maximum length: 65 tokens, but the encoder has 64 positions" \
  "$mer" embed --encoder "$encoder" --max-length 65 data/manifest.csv
[ ! -e m ] && [ ! -e m.partial ] && [ ! -e c/unfinished.json ] || fail "what was refused has left something"
wrong_usage "expected no modality but text for the kind text" "$mer" train text --modalities audio --data data --out m
wrong_usage "expected no text among the modalities of the kind audio" \
  "$mer" train audio --modalities text --data data --out m --encoder "$encoder"
# Losses for rare labels, averages of weights, patience.
for loss in ce balanced focal adjusted; do
  expect 0 "$mer" train audio --data data --out "loss_$loss" --loss $loss --label-smoothing .1 --average all --keep last --epochs 3 --json
  [ "$("$json_lines" averaged <out)" = 3 ] || fail "averaged: $(cat out)"
done
grep -q '"loss": "focal"' loss_focal/config.json || fail "the loss is not told"
! grep -q '"loss":' loss_ce/config.json || fail "the usual loss is told"
expect 0 "$mer" train audio --data data --out last --average 2 --keep last --epochs 3
prints "; mean of epochs: 2"
expect 0 "$mer" train audio --data data --out patient --patience 1 --epochs 200 --lr 1e-2
says "the training ends: epochs since the best score on dev"
wrong_usage "--average takes a number of epochs, or all: 2x" "$mer" train audio --data data --out m --average 2x
wrong_usage "--average takes a number of epochs, or all: -1x" "$mer" train audio --data data --out m --average=-1x
wrong_usage "--patience needs --keep best" "$mer" train audio --data data --out m --patience 2 --keep last
wrong_usage "patience or an average" "$mer" train audio --data data --out m --average all --patience 2
finish
