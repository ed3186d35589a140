#!/bin/sh
# byte_order.sh CMAKE CC SOURCE: a big-endian processor is refused in one line, by CMake and by the compiler.
set -eu
cmake=$1 cc=$2 source=$3
message="mer needs a little-endian processor"
fail() { echo "byte_order: $*" >&2; exit 1; }

"$cmake" -DCMAKE_C_BYTE_ORDER=LITTLE_ENDIAN -P "$source/cmake/byte_order.cmake" || fail "CMake refuses a little-endian processor"
! said=$("$cmake" -DCMAKE_C_BYTE_ORDER=BIG_ENDIAN -P "$source/cmake/byte_order.cmake" 2>&1) || fail "CMake accepts a big-endian processor"
echo "$said" | grep -q "$message" || fail "CMake says: $said"

compile() { "$cc" -std=c11 -fsyntax-only -I"$source/include" -I"$source/src" "$@" -x c "$source/src/tensor/dtype.c" 2>&1; }
compile || fail "the compiler refuses this processor"
! said=$(compile -U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__) || fail "the compiler accepts a big-endian processor"
errors=$(echo "$said" | grep "error: ")
case $errors in
  *"
"*) fail "the compiler says more than a line: $errors" ;;
  *"error: "*"$message"*) ;;
  *) fail "the compiler says: $said" ;;
esac
