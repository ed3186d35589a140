#!/bin/sh
# transcribe.sh: `mer timeline --transcribe`: transcripts by a program of the user, whatever it writes and however it ends; nothing
# of the sound is left.
. "$(dirname "$0")/cli_test.sh"
golden=$root/tests/golden/timeline
small_data data
small_model audio audio
small_model text text
small_model fusion fusion --keep last
# A folder for temporary files with all that breaks a command into which it is pasted.
TMPDIR="$work/a \"b\$(touch pasted)' \`touch pasted\`
c"
export TMPDIR
mkdir "$TMPDIR"
nothing_left() {
  [ -z "$(ls -A "$TMPDIR")" ] || fail "left: $(ls -AR "$TMPDIR")"
  [ ! -e pasted ] || fail "the shell has read a file name"
}
timeline() { "$mer" timeline fusion "$@"; }

# A transcriber that takes sound and the place of its answer as words; which of them it writes $MODE says.
cat >fake <<'END'
#!/bin/sh
[ "$(dd if="$1" bs=4 count=1 2>/dev/null)" = RIFF ] || exit 9
channel=$(basename "$1" .wav)
echo "$channel $(stat -c %a "$(dirname "$1")") $(wc -c <"$1")" >>seen
srt="1
00:00:00,500 --> 00:00:03,500
hi from $channel

2
00:00:04,000 --> 00:00:07,000
Ann: more of it"
case ${MODE:-printed} in
  printed) echo "$srt" ;;
  brackets) printf '\n[00:00:00.500 --> 00:00:03.500]   hi from %s\n[00:00:04.000 --> 00:00:07.000]   Ann: more of it\n' "$channel" ;;
  named) echo "$srt" >"$2"; echo chatter ;;
  whisper.cpp)
    printf '{"transcription":[{"offsets":{"from":500,"to":3500},"text":" hi from %s"},{"offsets":{"from":4000,"to":7000},"text":" Ann: more of it"}]}' "$channel" >"$2.json"
    printf '[00:00:00.000 --> 00:00:01.000]  chatter\n' ;;
  openai)
    printf '{"segments":[{"start":0.5,"end":3.5,"text":" hi from %s","words":[{"word":" hi","start":0.5,"end":1}]},{"start":4,"end":7,"text":" Ann: more of it"}]}' "$channel" >"$3/$channel.json"
    echo "$srt" >"$3/$channel.srt"
    echo "start	end	text" >"$3/$channel.tsv"
    echo "no times" >"$3/$channel.txt" ;;
  half) [ "$channel" = left ] || echo "$srt" ;;
esac
END
chmod +x fake

# Each channel is transcribed by itself, and is its speaker; whatever way the transcript comes.
expect 0 timeline "$golden/call.opus" --transcribe './fake {wav}'
lines 4
[ "$(members channel speaker start text | tr '\n' ' ')" = "1 left 0.5 hi from left 2 right 0.5 hi from right 1 left 4.0 Ann: more of it 2 right 4.0 Ann: more of it " ] || fail "entries: $(cat out)"
# What the right one hears of the left one is not its sound.
[ "$(members modalities | tr '\n' ' ')" = '["text","audio"] ["text"] ["text","audio"] ["text","audio"] ' ] || fail "both: $(cat out)"
says "call.opus, right: is transcribed"
[ "$(cut -d' ' -f1-2 seen | tr '\n' ' ')" = "left 700 right 700 " ] || fail "the folder is open to others: $(cat seen)"
nothing_left
cp out all
for mode in brackets named whisper.cpp openai; do
  for place in '{out} {dir}' '"{out}" "{dir}"' "'{out}' '{dir}'"; do
    expect 0 env MODE=$mode "$mer" timeline fusion "$golden/call.opus" --transcribe "./fake '{wav}' $place"
    cmp -s out all || fail "$mode $place: $(cat out err)"
  done
  nothing_left
done
expect 0 timeline "$golden/call.opus" --transcribe 'echo x\{wav} >got; ./fake {wav}' --channels mixed
[ "$(cat got)" = "x{wav}" ] || fail "a placeholder that is none: $(cat got)"
[ "$(members channel speaker | tr '\n' ' ')" = "0 null 0 Ann " ] || fail "one room: $(cat out)"

expect 0 timeline "$golden/call.opus" --transcribe 'said="$(./fake "{wav}" {dir} "(" $(echo {out}))"; printf "%s\\n" "$said"'
cmp -s out all || fail "placeholders in what quotes hold: $(cat out err)"
expect 0 timeline "$golden/call.opus" --transcribe './fake {wav}; out=got; echo mine >${out}'
[ "$(cat got)" = mine ] || fail "a variable of the shell is taken for a placeholder: $(cat got)"
# From another working directory, too.
mkdir relative
expect 0 env TMPDIR=relative "$mer" timeline fusion "$golden/call.opus" --transcribe 'here=$PWD; cd / && [ -s {wav} ] && cd "$here" && ./fake {wav}'
[ -z "$(ls -A relative)" ] || fail "left: $(ls -AR relative)"
# Who reads the messages may leave.
rm -f left
timeline "$golden/call.opus" --transcribe 'until [ -e left ]; do sleep 0.02; done; ./fake {wav}' 2>&1 >out | { exec <&-; : >left; }
lines 4
nothing_left

# With the other options.
expect 0 timeline "$golden/call.opus" --transcribe './fake {wav}' --speakers right --contributions
lines 2
prints '"contributions":{"text":{'
expect 0 "$mer" timeline text "$golden/call.opus" --transcribe './fake {wav}' --text-only
[ "$(members channel speaker modalities | sort -u | tr '\n' ' ')" = '1 left ["text"] 2 right ["text"] ' ] || fail "words alone: $(cat out)"
# What is damaged of the recording is told once, whoever decodes it.
tone loud.wav 16000 40 8000
head -c 20000 loud.wav >cut.wav
for words in --text-only --channels=auto; do
  expect 0 timeline cut.wav --transcribe './fake {wav}' $words
  [ "$(grep -c '^mer: warning: cut.wav: damaged: ' err)" -eq 1 ] || fail "damage, $words: $(cat err)"
done
for format in csv srt vtt table html; do
  expect 0 timeline "$golden/call.opus" --transcribe './fake {wav}' -o "call.out" --format $format
  grep -q 'hi from right' call.out || fail "$format: $(cat call.out)"
  rm call.out
done
# Several recordings; one that cannot be decoded does not keep the others from being answered.
expect 1 timeline none.wav "$golden/same.opus" "$golden/call.opus" --transcribe './fake {wav}'
says "none.wav"
lines 7
nothing_left

# What the command leaves in the background ends with it.
expect 0 timeline "$golden/same.opus" --transcribe 'sleep 100 & echo $! >behind; ./fake {wav}'
sleep 0.1
! grep -q '^State:.[^Z]' "/proc/$(cat behind)/status" 2>/dev/null || fail "a process is left in the background"
nothing_left

# A channel on which nothing is said; nothing at all.
expect 0 env MODE=half "$mer" timeline fusion "$golden/call.opus" --transcribe './fake {wav}'
says "warning: $golden/call.opus, left: the command has written nothing"
[ "$(members speaker | sort -u)" = right ] || fail "half: $(cat out)"
fails_with "ended with exit code 0, but wrote no transcript" "$mer" timeline -q fusion "$golden/call.opus" --transcribe 'echo; : {wav}'
nothing_left

# The ways in which a command fails.
fails() {
  message=$1
  shift
  fails_with "$message" "$mer" timeline -q fusion "$golden/call.opus" --transcribe "$@"
  nothing_left
}
fails "the command of --transcribe failed with exit code 3" 'exit 3; {wav}'
fails "exit code 137 (signal 9: Killed)" 'kill -9 $$; {wav}'
fails "exit code 141 (signal 13: Broken pipe)" 'kill -s PIPE $$; {wav}'
for place in stdout stderr; do
  expect 1 timeline -q "$golden/call.opus" --transcribe "truncate -s 2G /dev/$place; sleep 60; : {wav}"
  says "prints more than 1 GiB"
  nothing_left
done
fails "has written, left.printed: no transcript: expected SRT" 'echo "Usage: whisper [OPTIONS]"; : {wav}'
says "it begins with: Usage: whisper [OPTIONS]"
fails "has written, left.JSON:1: expected" 'printf "{\"segments\":[" >{out}.JSON; echo no >{out}.txt; : {wav}'
fails "has written, left.json:1: expected" 'printf "{\"segments\":[" >{out}.json; : {wav}'
expect 1 timeline -q "$golden/call.opus" --transcribe 'no-such-program {wav}'
says "exit code 127: it was not found"
expect 1 timeline -q "$golden/call.opus" --transcribe './seen {wav}'
says "exit code 126: it cannot be executed"
# What it says is shown as it comes, with -q its last lines if it fails.
expect 1 timeline "$golden/call.opus" --transcribe 'seq 1 100 >&2; exit 1; {wav}'
[ "$(grep -c '^[0-9]' err)" -eq 100 ] || fail "the messages of the command: $(cat err)"
expect 1 timeline -q "$golden/call.opus" --transcribe 'seq 1 100 >&2; exit 1; {wav}'
[ "$(head -n 10 err | tr '\n' ' ')" = "91 92 93 94 95 96 97 98 99 100 " ] || fail "the last messages: $(cat err)"
[ "$(wc -l <err)" -eq 11 ] || fail "lines: $(cat err)"
expect 0 timeline -q "$golden/call.opus" --transcribe 'echo busy >&2; ./fake {wav}'
[ ! -s err ] || fail "in spite of -q: $(cat err)"
# Damage of what it writes is told.
expect 0 timeline "$golden/same.opus" --transcribe 'printf "00:09 --> 00:08\nbackwards\n"; : {wav}'
says "it ends before it begins"
prints '"text":"backwards"'
nothing_left
# 38 hours are more than a WAV holds; they are not written first.
{
  tone head.wav 0 1 0
  head -c 24 head.wav
  printf '\144\0\0\0\144\0\0\0\1\0\10\0data\100\277\320\0' # 100 Hz, 8 bits, 13680448 samples
} >long.wav
truncate -s 13680492 long.wav
expect 1 timeline -q long.wav --transcribe './fake {wav}'
says "s long, at most 134217.7 s are read"
nothing_left

# Ctrl-C ends the command with what it has started, and leaves nothing; a second one does not wait.
cat >slow <<'END'
#!/bin/sh
sleep 100 &
echo $! >started
wait
wait
END
chmod +x slow
for signals in INT TERM "INT INT"; do
  rm -f started
  deaf=
  [ "$signals" != "INT INT" ] || deaf='trap "" TERM;'
  $heeding "$mer" timeline fusion "$golden/call.opus" --transcribe "$deaf ./slow {wav}; :" >out 2>err &
  process=$!
  for _ in $(seq 500); do
    [ -s started ] && break
    sleep 0.02
  done
  for signal in $signals; do
    kill -"$signal" $process
    sleep 0.3
  done
  ends_by "${signals#* }"
  [ "$signals" = "INT INT" ] || says "interrupted"
  sleep 0.1
  ! grep -q '^State:.[^Z]' "/proc/$(cat started)/status" 2>/dev/null || fail "$signals: the command goes on"
  nothing_left
done
wrong_usage "--transcribe lacks {wav}" "$mer" timeline fusion a.wav --transcribe 'whisper a.wav'
wrong_usage "--transcribe lacks {wav}" "$mer" timeline fusion a.wav --transcribe 'whisper ${wav}'
wrong_usage "one of them brings the words" "$mer" timeline fusion a.wav --transcribe 'x {wav}' --transcript a.srt
wrong_usage "expected a recording" "$mer" timeline text --text-only --transcribe 'x {wav}'
fails_with "/call.opus: $(realpath "$work")/mer-" env TMPDIR="$work" sh -c 'ulimit -f 100; exec "$@"' sh "$mer" timeline -q fusion "$golden/call.opus" --transcribe './fake {wav}'
fails_with "cannot make a folder for temporary files" env TMPDIR="$work/none" "$mer" timeline -q fusion "$golden/call.opus" --transcribe './fake {wav}'
finish
