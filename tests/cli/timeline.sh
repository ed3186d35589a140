#!/bin/sh
# timeline.sh: `mer timeline`: who speaks when in a recording, a line for each segment, from sound of one and of two channels.
. "$(dirname "$0")/cli_test.sh"
golden=$root/tests/golden/timeline
small_data data
small_model audio audio
members() { "$json_lines" "$@" <out; }

# The channels of a call are a speaker each; what the left hears of the right is not a segment of its own.
expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5
lines 3
[ "$(members channel speaker | tr '\n' ' ')" = "1 left 2 right 1 left " ] || fail "speakers: $(cat out)"
members start end | awk 'BEGIN { split("0.5 4 8", at) } { if ($1 < at[NR] - .2 || $1 > at[NR] + .5 || $2 < $1 + 1) exit 1 }' || fail "times: $(cat out)"
prints '"modalities":["audio"]'
cp out all

expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5 --speakers right
lines 1
[ "$(cat out)" = "$(grep '"right"' all)" ] || fail "one speaker: $(cat out)"
fails_with "none of the speakers 'Ann' is here" "$mer" timeline audio "$golden/call.opus" --min-silence .5 --speakers Ann

# One room, as it is asked for, and where both channels carry the same.
expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5 --channels mixed
[ "$(members channel speaker | sort -u)" = "0 null" ] || fail "mixed: $(cat out)"
expect 0 "$mer" timeline audio "$golden/same.opus" --min-silence .5
lines 1
[ "$(members channel)" = 0 ] || fail "the same: $(cat out)"
expect 0 "$mer" timeline audio "$golden/same.opus" --min-silence .5 --channels apart
lines 2

# A recording that cannot be used does not keep the others from being answered; silence has no segment.
tone loud.wav 16000 40 8000
tone silent.wav 16000 40 0
expect 1 "$mer" timeline audio none.wav "$golden/call.opus" silent.wav --min-silence .5
says "none.wav"
lines 3

wrong_usage "expected a model and recordings" "$mer" timeline audio
wrong_usage "--release is above --threshold" "$mer" timeline audio loud.wav --threshold .3
fails_with "nowhere/model.safetensors" "$mer" timeline audio loud.wav --voice nowhere
finish
