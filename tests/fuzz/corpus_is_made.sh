#!/bin/sh
# corpus_is_made.sh PYTHON: make_corpus.py makes the inputs that are in the repository, to the byte.
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$here/make_corpus.py" "$work"
cd "$work"
failures=0
for made in */seed-*; do
  cmp "$made" "$here/corpus/$made" || failures=$((failures + 1))
done
[ "$failures" -eq 0 ] || { echo "failures: $failures"; exit 1; }
echo "as expected: $(ls ./*/seed-* | wc -l) inputs"
