#!/bin/sh
# robustness.sh: `mer eval --robustness`: what it disturbs, that a modality which is left out is as if no row had it, and
# that the same seed gives the same.
. "$(dirname "$0")/cli_test.sh"
small_data data
small_model text text
small_model audio audio
small_model fusion both --encoder text
# count KIND: disturbances of a kind in the last output.
count() { grep -o "\"kind\":\"$1\"" out | wc -l; }
# has MODEL NOISE WORDS WITHOUT: so many of each.
has() {
  expect 0 "$mer" eval "$1" --data data --robustness --json -q
  lines 1
  [ "$(count noise) $(count words) $(count without)" = "$2 $3 $4" ] || fail "$1: $(count noise) $(count words) $(count without)"
}
has text 0 4 0
has audio 5 0 0
has both 5 4 2
cp out first
expect 0 "$mer" eval both --data data --robustness --json -q
cmp -s out first || fail "the same seed disturbs in another way"
expect 0 "$mer" eval both --data data --robustness --json -q --seed 1
tr -d ' ' <out | sed 's/"intervals":{[^}]*}//g' >a
tr -d ' ' <first | sed 's/"intervals":{[^}]*}//g' >b
cmp -s a b && fail "another seed disturbs in the same way"

# Left out by the program, and by nobody having it.
awk -F, 'BEGIN { OFS = "," } NR > 1 { $2 = "" } { print }' data/manifest.csv >data/mute.csv
expect 0 "$mer" eval both --data data/mute.csv --json -q
without=$(grep -o '"metrics":{"n":[^{]*' out)
grep -o '"modality":"text","metrics":{"n":[^{]*' first | grep -qF "$without" || fail "without text is not as if no row had one: $without"

# For people, and on the page.
expect 0 "$mer" eval both --data data --robustness --report page.html -q
for row in "rows as they are" "noise at 20 dB" "noise at 0 dB" "10 % of the words left out" "without text" "without audio"; do
  prints "$row"
done
grep -q "<h2>Robustness, test split</h2>" page.html || fail "the page has no section on robustness"


# What cannot be done is told.
fails_with "nowhere: cannot make a folder" env TMPDIR=nowhere "$mer" eval audio --data data --robustness -q
printf 'split,text,v\ntrain,a b,1\ntest,c d,2\n' >values.csv
expect 0 "$mer" train text --data values.csv --target values --labels v --encoder "$encoder" --out values --epochs 1 -q --keep last
wrong_usage "--robustness is of models of one label" "$mer" eval values --data values.csv --labels v --robustness
finish
