#!/bin/sh
# processor_files.sh SOURCE: the sources keep the rule of tools/processor-files, and it finds what does not.
set -eu
tool=$1/tools/processor-files
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
fail() { echo "processor_files: $*" >&2; exit 1; }

"$tool" || fail "the sources do not keep the rule"
echo '#include <immintrin.h>' >"$folder/product.c"
! "$tool" "$folder" 2>/dev/null || fail "x86 in product.c is not found"
mv "$folder/product.c" "$folder/product_avx2.c"
"$tool" "$folder" >/dev/null || fail "x86 in product_avx2.c is refused"
echo 'x = vdotq_s32(x, y, z);' >"$folder/product_x86.h"
! "$tool" "$folder" 2>/dev/null || fail "ARM in product_x86.h is not found"
mv "$folder/product_x86.h" "$folder/neon_product.h"
"$tool" "$folder" >/dev/null || fail "ARM in neon_product.h is refused"
