#!/usr/bin/env bash
# exported.sh LIBRARY SOURCE: libmer.so exports what the headers declare as MER_API, nothing else.
set -eu
library=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
cat "$source"/include/mer/*.h | tr '\n' ' ' | grep -oP 'MER_API [^;(]*?\Kmer_\w+(?= *\()' | sort >"$work/declared"
nm -D --defined-only "$library" | awk '{print $3}' | sort >"$work/exported"
[ -s "$work/declared" ]
diff -u "$work/declared" "$work/exported"
