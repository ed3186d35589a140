#!/bin/sh
# python.sh MER JSON_LINES ROOT LIBRARY PYTHON UNUSABLE: makes a wheel, unpacks it, and runs the tests of test_mer.py with it on
# models of the small data. Skipped where no Python has numpy and pytest, and where the library is UNUSABLE for Python.
library=$4 python=$5 unusable=$6
[ -z "$unusable" ] || { echo "skipped: $unusable"; exit 77; }
for python in "$python" /usr/bin/python3 ""; do
  [ -z "$python" ] || "$python" -c "import numpy, pytest" 2>/dev/null || continue
  break
done
[ -n "$python" ] || { echo "skipped: no Python with numpy and pytest"; exit 77; }

. "$(dirname "$0")/../cli/cli_test.sh"
small_data data
for kind in text audio fusion; do small_model "$kind" "$kind" --keep last; done
small_model text several --target labels
small_model text context --context 2 --future 1
awk 'NR == 1 { print $0 ",arousal"; next } { print $0 "," NR / 20 }' data/manifest.csv >data/values.csv
"$mer" train text --data data/values.csv --target values --labels arousal --encoder "$encoder" --out values --epochs 1 -q >out || fail "values"
wheel=$("$python" "$root/python/make-wheel" "$library" wheel) || fail "make-wheel fails"
"$python" -m zipfile -e "$wheel" site || fail "$wheel cannot be unpacked"
unset MER_LIBRARY
PYTHONPATH=$work/site MER_TEST_PROGRAM=$mer MER_TEST_ENCODER=$encoder PYTHONDONTWRITEBYTECODE=1 \
  "$python" -m pytest -q -p no:cacheprovider --rootdir "$work" "$root/tests/python/test_mer.py" || fail "pytest"
finish
