#!/bin/sh
# bench.sh: every work of `mer bench` runs, in its three formats, and leaves nothing behind. The times are not judged.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio
small_model fusion fusion
mkdir tmp
export TMPDIR="$work/tmp"
few="--repetitions 2 --warmup 1 --steps 3"

# bench ARGUMENTS...: one measurement as JSON, on one line in the file out.
bench() {
  # shellcheck disable=SC2086 # a list of words
  expect 0 "$mer" bench $few -o json -q "$@"
  tr -d '\n ' <out >joined && echo >>joined
  sed 's/.*"measurements":\[\(.*\)\]}$/\1/' joined >out
}
# holds MEMBERS VALUES: of the last measurement.
holds() {
  # shellcheck disable=SC2086
  [ "$("$json_lines" $1 <out)" = "$2" ] || fail "$1 is $("$json_lines" $1 <out), not $2"
}

bench tokenize --encoder "$encoder" --data data --split all
holds "work runs rate_unit" "tokenize 2 utterances/s"
bench features --seconds 0.5 --batch-size 3 --threads 2
holds "work batch_size rate_unit" "features 3 clips/s"
bench infer --encoder "$encoder" --data data
holds "work batch_size" "infer 6"
bench infer --encoder text --tokens 12 --batch-size 4
holds "batch_size tokens" "4 12.0"
bench infer --encoder text --batch-size 5
holds "batch_size" "5"
bench load --model fusion
bench load --encoder text
holds "work subject rate_unit" "load text loads/s"
for model in text audio fusion; do
  bench predict --model $model --data data --warmup 0
  holds "work subject" "predict $model"
done
mkdir bpe # "ab" is one token at the beginning and after a space, "a" and "b" are so at the beginning alone
cat >bpe/tokenizer.json <<'END'
{"added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}],
 "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
 "post_processor": {"type": "TemplateProcessing",
   "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
   "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
   "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
 "model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "\u0120": 4, "ab": 5, "\u0120ab": 6}, "merges": ["a b", "\u0120 ab"]}}
END
bench tokenize --encoder bpe --tokens 9 --batch-size 4
holds "work tokens" "tokenize 9.0"
sed 's/, "merges": .*/, "merges": []}}/' bpe/tokenizer.json >merges && mv merges bpe/tokenizer.json
expect 1 "$mer" bench tokenize --encoder bpe --tokens 9
grep -q "too few words" err || fail "no message"
bench predict --model fusion --tokens 20
holds "batch_size tokens" "1 20.0"
bench train --encoder "$encoder" --data data --batch-size 4
holds "work batch_size runs rate_unit" "train 4 3 steps/s"
bench train --encoder "$encoder" --tokens 9 --dtype bf16
holds "batch_size tokens" "8 9.0"
bench train --encoder "$encoder" --steps 9 # two epochs and more
holds "runs" "9"
bench train --kind audio --data data
bench train --kind fusion --encoder text --data data --batch-size 5
if command -v python3 >/dev/null; then
  expect 0 "$root/bench/make_audio_set" set --rows 40 --width 50
  for kind in audio fusion; do
    bench train --kind $kind --encoder text --data set
    holds "work batch_size runs" "train 8 3"
  done
fi
grep -q '"median":[0-9.e-]*,"minimum":[0-9.e-]*,"maximum":[0-9.e-]*,' out || fail "no times: $(cat out)"
for member in cpu threads instruction_set version compiler build_type; do
  grep -q "\"$member\":" joined || fail "no $member"
done
[ -z "$(ls tmp)" ] || fail "files are left: $(ls tmp)"

# The level is the one that MER_CPU names, for what our kernels do and for what is told of them.
lowest=$(cpu_levels | cut -d' ' -f1)
# shellcheck disable=SC2086
MER_CPU=$lowest expect 0 "$mer" bench load --encoder "$encoder" $few --json
grep -q "\"instruction_set\": \"$lowest\"" out || fail "not at the level of MER_CPU: $(cat out)"
unset MER_CPU

# Several works, and the formats for people.
# shellcheck disable=SC2086
expect 0 "$mer" bench load infer --encoder "$encoder" $few
prints "Machine: "
[ "$(grep -c '^| load \|^| infer ' out)" -eq 2 ] || fail "not two rows"
# shellcheck disable=SC2086
expect 0 "$mer" bench load infer --encoder "$encoder" $few -o csv
[ "$(wc -l <out)" -eq 3 ] || fail "not three lines"
[ "$(head -n 1 out | tr , '\n' | wc -l)" -eq 18 ] || fail "other columns: $(head -n 1 out)"
# shellcheck disable=SC2086
expect 0 "$mer" bench load --encoder "$encoder" $few --json
prints '"measurements"'

wrong_usage "expected works: tokenize, features" "$mer" bench
wrong_usage "'fly' is not a work" "$mer" bench fly
wrong_usage "infer needs --encoder" "$mer" bench infer --model text
wrong_usage "predict needs --model" "$mer" bench predict --encoder text
wrong_usage "load needs --encoder or --model" "$mer" bench load
wrong_usage "train needs --data" "$mer" bench train --kind audio
wrong_usage "train needs --encoder" "$mer" bench train --kind fusion --data data
wrong_usage "--output is one of md|csv|json, not 'xml'" "$mer" bench load --encoder text -o xml
wrong_usage "--tokens takes a whole number from 3 to 100000, not '2'" "$mer" bench infer --encoder text --tokens 2
fails_with "nowhere" "$mer" bench load --encoder nowhere
fails_with "nowhere" "$mer" bench infer --encoder text --data nowhere
printf 'split,text,label\ntrain,hello,joy\n' >one.csv
fails_with "one.csv: there is no text in this split" "$mer" bench infer --encoder text --data one.csv
fails_with "fewer than two batches" "$mer" bench train --encoder text --data data --batch-size 24
[ -z "$(ls tmp)" ] || fail "files are left after failures: $(ls tmp)"
finish
