#!/usr/bin/env bash
# exported.sh LIBRARY BINARY_INTERFACE SOURCE: libmer.so exports what the headers declare as MER_API and nothing else; and the stable
# part of it, with its sizes and values, is what stable_interface.txt says.
set -u
library=$1 binary_interface=$2 source=$3 list=$3/tests/install/stable_interface.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# declared HEADER..: the functions that the headers declare.
declared() { cat "$@" | tr '\n' ' ' | grep -oP 'MER_API [^;(]*?\Kmer_\w+(?= *\()' | sort; }
declared "$source"/include/mer/*.h >"$work/declared"
nm -D --defined-only "$library" | awk '{print $3}' | sort >"$work/exported"
[ -s "$work/declared" ] || { echo "exported: no function is declared"; exit 1; }
diff -u "$work/declared" "$work/exported" || { echo "exported: the headers and the library differ"; exit 1; }

# shellcheck disable=SC2046 # a list of names
{
  readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/soname \1/p'
  declared $(grep -l 'Stable (mer/mer.h)' "$source"/include/mer/*.h)
  "$binary_interface"
} >"$work/stable"
diff -u "$list" "$work/stable" && exit 0
cat <<END
exported: the stable interface has changed. Where something was only added, write the new list:
  $0 $* | patch $list
What is taken away or changes its number needs another soname: a new minor version in include/mer/base.h.
END
exit 1
