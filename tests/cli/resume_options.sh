#!/bin/sh
# resume_options.sh: a training, and a comparison, goes on only with the settings that it began with. Every option of
# both commands is tried: with another value it is refused by its name, or it is listed here as one that does not
# change the result. An option that the lists do not know is a failure.
. "$(dirname "$0")/cli_test.sh"
small_data data
mkdir changed speech
cp data/* changed
sed 's/what a lovely day 3/what a fine day 3/' data/manifest.csv >changed/manifest.csv
cp -r "$encoder" other_encoder
cp "$root"/tests/golden/whisper/*.json "$root/tests/golden/whisper/model.safetensors" speech
sed 's/WhisperForAudioClassification/WhisperModel/' "$root/tests/golden/whisper/config.json" >speech/config.json
clips=$(sed -n 's/.*,\(.*wav\),.*/data\/\1/p' data/manifest.csv)
# shellcheck disable=SC2086 # a list of words
expect 0 "$mer" features $clips -o vectors.npy

small_model text teacher

# begin WORDS...: runs `mer WORDS` until it has saved a state of a training, then kills it. The words are kept: the
# last one of two equal options counts.
begin() {
  words=$*
  rm -rf state state.partial
  # shellcheck disable=SC2086
  "$mer" $words --out state --checkpoint-every 0 >out 2>err &
  process=$!
  for _ in $(seq 3000); do
    file=$(ls state.partial/checkpoint.safetensors state/models/*.partial/checkpoint.safetensors 2>/dev/null)
    [ -s "$file" ] && break
    kill -0 $process 2>/dev/null || break
    sleep 0.01
  done
  kill -KILL $process 2>/dev/null || { fail "$words: ended too early"; cat err; }
  wait $process 2>/dev/null
  [ ! -s state/unfinished.json ] || file=state/unfinished.json
  cksum <"$file" >before
}

# changed NAME OPTION...: what was begun does not go on with the options, as what the digest NAME is of is something else.
changed() {
  name=$1
  shift
  # shellcheck disable=SC2086
  fails_with "has changed since the interrupted run, or is gone ($name)" timeout 60 "$mer" $words --out state --resume -q "$@"
  cksum <"$file" | cmp -s - before || fail "refusing changed the state"
}

# refused NAME OPTION...: the same with the options, as the setting NAME is another one.
refused() {
  name=$1
  shift
  # shellcheck disable=SC2086
  fails_with "cannot resume: the interrupted run had $name " timeout 60 "$mer" $words --out state --resume -q "$@"
  says ", this one $name "
  cksum <"$file" | cmp -s - before || fail "refusing $* changed the state"
}

# walk COMMAND TRY: tries all options of the command.
walk() {
  "$mer" "$1" --help | sed -n 's/^ *\(-., \)\{0,1\}--\([a-z0-9-]*\).*/\2/p' >options
  [ "$(wc -l <options)" -gt 20 ] || fail "the options of $1: $(cat options)"
  while read -r option; do "$2" "$option"; done <options
}
unknown() {
  fail "--$1 is not known here: what changes the result belongs into the settings (src/train/train_options.c) and this list"
}

# What says where things are, how fast they come and what is told changes nothing, nor does the number of threads but
# for the last bits.
try_train() {
  case $kind:$1 in
    *:out | *:cache | *:no-cache | *:resume | *:checkpoint-every | *:log | *:threads | *:quiet | *:json | *:help) ;;
    *:face-detector) ;; # the faces that it finds are the inputs: video.sh
    *:media) ;; # of MELD's layout, see below
    *:data)
      refused utterances --data changed # beside the first one
      kept=$words
      words=$(echo "$words" | sed 's/--data data/--data changed/')
      changed data
      words=$kept
      ;;
    *:labels) refused labels --labels sadness,joy,anger ;;
    *:epochs) refused epochs --epochs 5 ;;
    *:batch-size) refused batch_size --batch-size 7 ;;
    *:lr) refused lr --lr .002 ;;
    text:optimizer) refused optimizer --optimizer adam ;;
    *:optimizer) refused optimizer --optimizer adamw ;;
    *:weight-decay) refused weight_decay --weight-decay .5 ;;
    *:warmup) refused warmup --warmup .5 ;;
    *:linear-decay) refused linear_decay --linear-decay ;;
    *:clip) refused clip --clip 1 ;;
    *:dtype) refused dtype --dtype bf16 ;;
    *:limit) refused utterances --limit 9 ;;
    *:keep) refused keep --keep last ;;
    *:calibrate) refused calibrate --calibrate ;;
    *:seed) refused seed --seed 4 ;;
    *:skip-missing) refused skip_missing --skip-missing ;;
    fusion:fusion) refused fusion --fusion gated ;;
    fusion:modality-dropout) refused modality_dropout --modality-dropout .3 ;;
    fusion:unimodal-loss) refused unimodal_loss --unimodal-loss .5 ;;
    *:fusion | *:modality-dropout | *:unimodal-loss) ;; # do not apply
    *:modalities) [ $kind != fusion ] || refused modalities --modalities audio,text ;;
    text:encoder | fusion:encoder) refused encoder --encoder "$PWD/other_encoder" ;;
    text:max-length | fusion:max-length) refused max_length --max-length 9 ;;
    text:context | fusion:context) refused context --context 2 ;;
    text:future | fusion:future) refused future --future 2 ;;
    text:speaker-names | fusion:speaker-names) refused context --context 1 --speaker-names ;;
    text:text-pool | fusion:text-pool) refused text_pool --text-pool utterance ;;
    text:turns) refused freeze_encoder --turns lstm --freeze-encoder ;; # the setting itself: turns.sh
    fusion:turns) refused context --turns lstm ;;
    text:teacher) refused teachers --teacher "$PWD/teacher" ;;
    *:teacher) ;; # as of text, whatever is taught
    text:head) refused head --head cnn ;;
    *:head) ;; # does not apply
    *:context | *:future | *:speaker-names | *:text-pool | *:turns) ;; # do not apply
    audio:features | fusion:features) refused precomputed --features audio=vectors.npy ;;
    audio:max-duration | speech:max-duration | fusion:max-duration) refused max_duration --max-duration 9 ;;
    audio:speech-encoder | fusion:speech-encoder) refused speech_encoder --speech-encoder mel-stats ;;
    speech:speech-encoder) refused speech_encoder --speech-encoder "$PWD/speech/../speech" ;;
    audio:no-standardize | fusion:no-standardize) refused standardize --no-standardize ;;
    speech:layers) refused layer_sum --layers last ;;
    speech:augment) refused augment --augment ;;
    audio:noise | speech:noise | fusion:noise) refused noise --noise .5 ;;
    *:augment | *:noise) ;; # do not apply; of a CRNN see crnn.sh, of images faces.sh
    *:frames) ;; # of images: video.sh
    *:by-speaker) ;; # needs rows that say who speaks: speakers.sh
    speech:padded) refused padded --padded ;;
    speech:pool) refused pool --pool mean ;;
    speech:trim) refused trim_db --trim 20 ;;
    text:lora | speech:lora) refused lora --lora 2 ;;
    *:pool | *:trim | *:lora | *:image-encoder) ;; # do not apply
    *:weights) refused weights --weights .5 ;;
    *:soft-labels) ;; # needs votes: soft_labels.sh
    *:target) ;; # what the data have; their kind is another setting of the model
    *:loss) refused loss --loss balanced ;;
    *:label-smoothing) refused label_smoothing --label-smoothing .1 ;;
    *:patience) refused patience --patience 3 ;;
    *:average) refused average --average all ;;
    *:checkpoint-activations) ;; # the same bytes
    *:keep-head) ;; # needs a trained model: keep_head.sh
    text:freeze-encoder | speech:freeze-encoder) refused freeze_encoder --freeze-encoder ;;
    fusion:fine-tune) refused freeze_encoder --fine-tune ;;
    text:freeze-layers | speech:freeze-layers) refused freeze_layers --freeze-layers 1 ;;
    text:encoder-lr | speech:encoder-lr) refused encoder_lr --encoder-lr 1e-4 ;;
    *:encoder-lr) ;; # does not apply
    text:layer-decay | speech:layer-decay) refused layer_decay --layer-decay .5 ;;
    text:features | text:max-duration | text:speech-encoder | text:no-standardize | text:layers | text:padded) ;; # do not apply
    audio:encoder | audio:max-length | audio:layers | audio:padded) ;;
    speech:encoder | speech:max-length | speech:no-standardize | speech:features) ;;
    fusion:layers | fusion:padded | audio:freeze-layers | fusion:freeze-layers | audio:layer-decay | fusion:layer-decay) ;;
    text:fine-tune | speech:fine-tune | audio:fine-tune | audio:freeze-encoder | fusion:freeze-encoder) ;; # the default
    *) unknown "$1" ;;
  esac
}
for kind in text audio speech fusion; do
  case $kind in
    text | fusion) begin train $kind --data data --encoder "$encoder" --epochs 100000 --dtype f32 ;;
    audio) begin train audio --data data --epochs 100000 ;;
    speech) begin train audio --data data --speech-encoder "$PWD/speech" --epochs 100000 ;;
  esac
  walk train try_train
done

try_compare() {
  case $1 in
    out | cache | no-cache | resume | checkpoint-every | note | threads | quiet | json | help | media | face-detector) ;;
    runs | robustness | examples) ;; # another comparison, and what it shows: runs.sh
    data) changed data --data changed ;;
    labels) refused labels --labels sadness,joy,anger ;;
    features) refused precomputed --features audio=vectors.npy ;;
    skip-missing) refused text.skip_missing --skip-missing ;;
    max-duration) refused text.max_duration --max-duration 9 ;;
    encoder) refused encoder --encoder "$PWD/other_encoder" ;;
    fusion-encoder) refused fusion_encoder --fusion-encoder "$PWD/other_encoder" ;;
    seeds) refused seeds --seeds 3 ;;
    seed) refused text.seed --seed 4 ;;
    limit) refused text.limit --limit 9 ;;
    text-epochs) refused text.epochs --text-epochs 5 ;;
    text-batch-size) refused text.batch_size --text-batch-size 7 ;;
    text-lr) refused text.lr --text-lr .002 ;;
    text-warmup) refused text.warmup --text-warmup .5 ;;
    text-linear-decay) refused text.linear_decay --text-linear-decay ;;
    text-clip) refused text.clip --text-clip 1 ;;
    text-dtype) refused text.dtype --text-dtype bf16 ;;
    epochs) refused audio.epochs --epochs 5 ;;
    batch-size) refused audio.batch_size --batch-size 7 ;;
    lr) refused audio.lr --lr .002 ;;
    max-length) refused text.max_length --max-length 9 ;;
    context) refused text.context --context 2 ;;
    future) refused text.future --future 2 ;;
    text-pool) refused text.text_pool --text-pool utterance ;;
    speaker-names) refused text.context --context 1 --speaker-names ;;
    keep-last) refused text.keep --keep-last ;;
    *) unknown "$1" ;;
  esac
}
begin compare --data data --encoder "$encoder" --text-epochs 10000 --text-dtype f32
walk compare try_compare

# What an option names may have changed while it kept its name: the vocabulary of an encoder, the clips of a table.
begin train text --data data --encoder "$PWD/other_encoder" --epochs 100000
awk 'NR <= 10 { print } NR > 10 { line[NR] = $0 } END { for (i = NR; i > 10; i--) print line[i] }' "$encoder/vocab.txt" \
  >other_encoder/vocab.txt
changed inputs_digest
begin train audio --data data --no-standardize --epochs 100000
tone data/soft.wav 1800 13 300
changed inputs_digest
finish
