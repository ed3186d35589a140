#!/bin/sh
# stream.sh: `mer stream`: raw sound on standard input. What is answered is the matter of tests/timeline/test_timeline.c; here
# is what is not speech, or not whole.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model audio audio

stream() { code=0; "$mer" stream "$@" >out 2>err || code=$?; }
head -c 64001 /dev/zero >silence # half a sample at its end
stream audio <silence
[ "$code" -eq 0 ] && [ ! -s out ] || fail "silence: $(cat out err)"
stream audio --channels 2 --pcm f32le --rate 48000 --provisional .1 <silence
[ "$code" -eq 0 ] && [ ! -s out ] || fail "silence of other samples: $(cat out err)"
stream audio </dev/null
[ "$code" -eq 0 ] && [ ! -s out ] || fail "nothing: $(cat out err)"

# Without a MODEL the one of sound that comes with the program answers, or that which stands in its place.
mkdir own && ln -s ../audio own/speech && ln -s "$root/models/vad" own/vad
stream --speech-model audio <silence
[ "$code" -eq 0 ] && [ ! -s out ] || fail "a model by option: $(cat out err)"
expect 0 env MER_MODELS="$work/own" "$mer" stream
fails_with "$work/none/speech: not there" env MER_MODELS="$work/none" "$mer" stream --voice "$root/models/vad"

# It ends when it is told to, also while nothing comes.
mkfifo pipe
$heeding "$mer" stream audio <pipe >out 2>err &
process=$!
exec 3>pipe
sleep 1
kill -INT $process
ends_by INT
exec 3>&-
[ ! -s err ] || fail "an interrupted stream complains: $(cat err)"

# What has been heard when the input breaks is answered first.
tone loud.wav 16000 40 8000
code=0
perl -MSocket -e '
  socket($waits, PF_INET, SOCK_STREAM, 0) && bind($waits, sockaddr_in(0, INADDR_LOOPBACK)) && listen($waits, 1) or die "no socket: $!";
  socket($far, PF_INET, SOCK_STREAM, 0) && connect($far, getsockname($waits)) && accept($near, $waits) or die "no connection: $!";
  if (!fork) { # writes the sound, and resets the connection once it is read
    close $near;
    open($sound, "<", shift); local $/; syswrite($far, <$sound>);
    sleep 2;
    setsockopt($far, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0));
    close $far;
    exit 0;
  }
  close $far; open(STDIN, "<&", $near); shift; exec @ARGV' loud.wav "$mer" stream audio --threshold 0 --release 0 >out 2>err || code=$?
[ "$code" -eq 1 ] || fail "a broken input: $code"
lines 1
[ "$(cat err)" = "mer: standard input: cannot read: Connection reset by peer" ] || fail "a broken input: $(cat err)"
stream audio <"$work"
[ "$code" -eq 1 ] && grep -q 'standard input: cannot read: ' err || fail "a folder as the sound: $(cat err)"

fails_with "none" "$mer" stream none
wrong_usage "expected a model, or none" "$mer" stream audio audio
wrong_usage "in the place of a MODEL" "$mer" stream audio --speech-model audio
wrong_usage "--channels" "$mer" stream audio --channels 3
wrong_usage "--pcm" "$mer" stream audio --pcm s24le
finish
