# cli_test.sh: what the tests of the command line share; sourced, with MER JSON_LINES ROOT as the arguments.
# A test works in a folder of its own, prints what failed, and goes on; `finish` ends it. With MER_SHOW
# set, each expected failure is printed with its message.
set -u
mer=$1 json_lines=$2 root=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME="$work/cache" HOME="$work" OMP_WAIT_POLICY=passive
unset MER_ENCODERS MER_MODELS # the user's own
encoder=$root/tests/golden/bert
# What a script runs in the background ignores SIGINT, and what nohup runs SIGHUP; after these words a command heeds them.
heeding="env --default-signal=INT,HUP"
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

finish() {
  [ "$failures" -eq 0 ] || { echo "$failures failures"; exit 1; }
  echo "as expected"
  exit 0
}

# until_heeded: waits until the program in $process, no longer the shell that starts it, awaits signals. The name is read first: the
# shell blocks signals, too, as it starts a program.
until_heeded() {
  for _ in $(seq 1000); do
    name=$(cat /proc/$process/comm)
    blocked=$(sed -n 's/^SigBlk:.*\(....\)$/\1/p' /proc/$process/status)
    [ "$name" != "${mer##*/}" ] || [ $((0x${blocked:-0} & 0x4002)) -eq 0 ] || break
    sleep 0.02
  done
}

# ends CODE: waits for the program in $process, and expects that exit code.
ends() {
  code=0
  wait $process || code=$?
  [ "$code" -eq "$1" ] || { fail "exit code $code, not $1"; cat err; }
}

# until_saved MODEL: waits until the training in $process has saved its state, or has ended.
until_saved() {
  for _ in $(seq 3000); do
    [ -s "$1.partial/checkpoint.safetensors" ] && break
    kill -0 $process 2>/dev/null || break
    sleep 0.01
  done
}
# kill_when_saved MODEL: kills the training in $process as soon as there is a state to resume from.
kill_when_saved() {
  until_saved "$1"
  kill -KILL $process 2>/dev/null || fail "the training ended before it could be killed"
  wait $process 2>/dev/null
}

# status_of SIGNAL: what a shell says of a program that the signal has ended.
status_of() {
  case $1 in
    HUP) echo 129 ;;
    INT) echo 130 ;;
    KILL) echo 137 ;;
    TERM) echo 143 ;;
  esac
}
# ends_by SIGNAL: waits for the program in $process, and expects that the signal has ended it.
ends_by() { ends "$(status_of "$1")"; }

# members MEMBER...: of each line of the last output.
members() { "$json_lines" "$@" <out; }

# run COMMAND...: its exit code in $code, its output in the files out and err.
run() {
  code=0
  "$@" >out 2>err </dev/null || code=$?
}

# expect CODE COMMAND...
expect() {
  expected=$1
  shift
  run "$@"
  [ "$code" -eq "$expected" ] || { fail "exit code $code, not $expected: $*"; head -n 5 out err; }
}

# fails_with MESSAGE COMMAND...: exit code 1, one line on standard error with the message, nothing on standard output.
fails_with() {
  message=$1
  shift
  expect 1 "$@"
  [ "$(wc -l <err)" -eq 1 ] || { fail "not one line of message: $*"; head -n 5 err; }
  grep -q '^mer: ' err || fail "the message does not begin with mer: $*"
  grep -qF -e "$message" err || { fail "no '$message' from: $*"; cat err; }
  [ ! -s out ] || { fail "output in spite of failure: $*"; head -n 3 out; }
  [ -z "${MER_SHOW:-}" ] || { echo "\$ $*" | sed "s|$mer|mer|; s|$root/||g; s|$work/||g"; sed "s|$root/||g; s|$work/||g" err; }
}

# wrong_usage MESSAGE COMMAND...: exit code 2, the message and the usage.
wrong_usage() {
  message=$1
  shift
  expect 2 "$@"
  grep -qF -e "$message" err || { fail "no '$message' from: $*"; cat err; }
  grep -q '^usage: ' err || fail "no usage from: $*"
  [ ! -s out ] || fail "output in spite of wrong usage: $*"
  [ -z "${MER_SHOW:-}" ] || { echo "\$ $*" | sed "s|$mer|mer|; s|$root/||g"; head -n 1 err; }
}

# says MESSAGE: standard error of the last command holds it.
says() { grep -qF -e "$1" err || { fail "no '$1' in the messages"; head -n 5 err; }; }
# prints TEXT: standard output of the last command holds it.
prints() { grep -qF -e "$1" out || { fail "no '$1' in the output"; head -n 5 out; }; }
# lines N: standard output of the last command has N lines, all JSON objects.
lines() {
  [ "$(wc -l <out)" -eq "$1" ] || fail "$(wc -l <out) lines, not $1"
  "$json_lines" <out || fail "the output is not JSON lines"
}

# cpu_levels: what MER_CPU can be on this architecture, the lowest first.
cpu_levels() { MER_CPU=unknown "$mer" info none 2>&1 | sed -n "s/.*MER_CPU is one of \(.*\), not.*/\1/p" | tr '|' ' '; }

# tone FILE N PERIOD LEVEL: a WAV of N samples at 16 kHz: a square wave.
tone() {
  awk -v n="$2" -v period="$3" -v level="$4" '
    function le(x, bytes) { for (; bytes > 0; bytes--) { printf "\\%03o", x % 256; x = int(x / 256) } }
    BEGIN {
      printf "RIFF"; le(36 + 2 * n, 4); printf "WAVEfmt "; le(16, 4); le(1, 2); le(1, 2); le(16000, 4); le(32000, 4);
      le(2, 2); le(16, 2); printf "data"; le(2 * n, 4);
      for (i = 0; i < n; i++) le(int(i / period) % 2 ? level : 65536 - level, 2)
    }' >"$1.octal"
  # shellcheck disable=SC2059 # the format is the file
  printf "$(cat "$1.octal")" >"$1" 2>/dev/null || fail "cannot make $1"
  rm "$1.octal"
}

# small_data FOLDER: a manifest of 24 training, 6 dev and 6 test rows with clips.
small_data() {
  mkdir -p "$1"
  tone "$1/high.wav" 1600 4 9000
  tone "$1/low.wav" 2000 40 3000
  tone "$1/soft.wav" 1800 12 300
  for clip in high low soft; do
    cp "$1/$clip.wav" "$1/dev_$clip.wav"
    cp "$1/$clip.wav" "$1/test_$clip.wav"
  done
  awk 'BEGIN {
    split("joy,anger,sadness", label, ","); split("high,low,soft", clip, ",")
    split("what a lovely day,stop that at once,she is gone now", text, ",")
    print "split,text,audio,label"
    for (i = 0; i < 36; i++) {
      m = i % 3 + 1; split_name = i < 24 ? "train" : i < 30 ? "dev" : "test"
      prefix = i < 24 ? "" : split_name "_"
      print split_name "," text[m] " " i "," prefix clip[m] ".wav," label[m]
    }
  }' >"$1/manifest.csv"
}

# small_array FILE: the f32 values on standard input, 576 bytes, as four for each row of the small data.
small_array() {
  {
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (36, 4), }"
    cat
  } >"$1"
}

# small_model KIND FOLDER [OPTION...]: a model of the small data.
small_model() {
  kind=$1 folder=$2
  shift 2
  [ "$kind" = audio ] || set -- --encoder "$encoder" "$@"
  "$mer" train "$kind" --data data --out "$folder" --epochs 2 --lr 1e-3 -q "$@" >out 2>err || {
    cat err
    fail "cannot train the $kind model"
    exit 1
  }
}

digest() { cat "$1/model.safetensors" "$1/config.json" | cksum; }
