#!/bin/sh
# soak.sh: the memory of a predictor does not grow with its calls. usage: soak.sh MER JSON_LINES ROOT SOAK [N PERCENT]
. "$(dirname "$0")/../cli/cli_test.sh"
soak=$4 n=${5:-40000} percent=${6:-3} # with few answers more of it is chance
small_data data
small_model fusion fusion
expect 0 "$soak" fusion data/high.wav "$n" "$percent"
cat out
finish
