#!/bin/bash
# predict_folder.sh MER JSON_LINES ROOT [CLIPS]: a folder of clips (default 200; a multiple of 100), one of a hundred of them
# broken in some way: each has its answer or its record, none is lost; a run that is killed several times and resumed ends in
# the same bytes as one that is not.
. "$(dirname "$0")/cli_test.sh"
clips=${4:-200}
broken=$((clips / 100))
[ "$broken" -ge 2 ] || { echo "expected at least 200 clips"; exit 1; }
small_data data
small_model audio audio

for i in $(seq 0 19); do tone "base$i.wav" 16000 $((4 + i)) $((1000 + 400 * i)); done
# break_clip FILE I: way I of breaking what is there.
break_clip() {
  rm "$1"
  case $(($2 % 6)) in
    0) : >"$1" ;;
    1) echo "not a sound" >"$1" ;;
    2) head -c 30 base1.wav >"$1" ;;       # cut within its header
    3) ln -s nowhere "$1" ;;
    4) ln -s "$(basename "$1")" "$1" ;;    # leads to itself
    5) if [ "$(id -u)" -eq 0 ]; then head -c 5000 /dev/zero >"$1"; else cp base1.wav "$1" && chmod 000 "$1"; fi ;;
  esac
}
# The folders hold fifty each. The last record is a folder that leads back to the top.
for i in $(seq 0 $((clips - 2))); do
  folder=$(printf 'clips/%03d' $((i / 50)))
  [ -d "$folder" ] || mkdir -p "$folder"
  file=$folder/$(printf '%05d' "$i").wav
  cp "base$((i % 20)).wav" "$file"
  [ $((i % 100)) -ne 37 ] || [ $((i / 100)) -ge $((broken - 1)) ] || break_clip "$file" $((i / 100))
done
ln -s ../../clips "$(printf 'clips/%03d' $(((clips - 2) / 50)))/again"
: >clips/.hidden

# What no run interrupts, and the most memory that it takes.
"$mer" predict audio clips -o whole.jsonl -q 2>err &
process=$! most=
while kill -0 $process 2>/dev/null; do
  peak=$(sed -n 's/^VmHWM: *//p' /proc/$process/status 2>/dev/null || true) most=${peak:-$most}
  sleep .02
done
code=0
wait $process || code=$?
[ "$code" -eq 1 ] || fail "exit code $code for a folder with broken clips"
says "mer: not answered: $broken of $clips"
echo "$clips clips: peak memory $most"
"$json_lines" <whole.jsonl || fail "not JSON lines"
[ "$(wc -l <whole.jsonl)" -eq "$clips" ] || fail "$(wc -l <whole.jsonl) records of $clips"
[ "$(grep -c '"label"' whole.jsonl)" -eq $((clips - broken)) ] || fail "$(grep -c '"label"' whole.jsonl) answers"
[ "$(grep -c '"error"' whole.jsonl)" -eq "$broken" ] || fail "$(grep -c '"error"' whole.jsonl) records of errors"
"$json_lines" id <whole.jsonl | grep -v again >ids
(cd clips && find . -name '*.wav' | sed 's|^\./||' | sort) | cmp -s - ids || fail "the order is not that of the names"
grep -q '"id":"[0-9]*/again","error":".*leads back to a folder above it"' whole.jsonl || fail "the circle of folders: $(grep again whole.jsonl)"
[ ! -e whole.jsonl.partial ] && [ ! -e whole.jsonl.partial.state ] || fail "parts are left"

# Killed after each of its first marks.
kills=0 runs=0 resume=""
until [ -e parts.jsonl ] && [ "$kills" -ge 2 ]; do
  runs=$((runs + 1))
  [ "$runs" -lt 60 ] || { fail "no run ends after $kills kills"; break; }
  [ ! -e parts.jsonl ] || rm parts.jsonl
  before=$(cat parts.jsonl.partial.state 2>/dev/null)
  # shellcheck disable=SC2086 # an option, or none
  "$mer" predict audio clips -o parts.jsonl -q $resume 2>err &
  process=$!
  if [ "$kills" -lt 5 ]; then
    while kill -0 $process 2>/dev/null; do
      now=$(cat parts.jsonl.partial.state 2>/dev/null)
      [ "$now" = "$before" ] || [ ${#now} -lt 200 ] || break # with the mark of the beginning alone it is shorter
    done
    kill -9 $process 2>/dev/null && kills=$((kills + 1))
  fi
  wait $process 2>/dev/null
  # Without --resume what is there is not replaced.
  if [ -e parts.jsonl.partial ] && [ -z "$resume" ]; then
    fails_with "an unfinished run has left it: --resume goes on" "$mer" predict audio clips -o parts.jsonl -q
  fi
  resume=--resume
  [ ! -e parts.jsonl.partial ] || printf '{"id":"00' >>parts.jsonl.partial # as a run leaves it that is killed within a line
done
echo "$kills kills"
cmp -s whole.jsonl parts.jsonl || fail "the resumed file has other bytes"
[ ! -e parts.jsonl.partial ] && [ ! -e parts.jsonl.partial.state ] || fail "parts are left"
chmod -R u+rwX clips
finish
