#!/bin/sh
# valgrind.sh: memcheck finds nothing in `mer predict`, neither in our code nor in the libraries; no suppressions.
. "$(dirname "$0")/cli_test.sh"
command -v valgrind >/dev/null || { echo "skipped: there is no valgrind"; exit 77; }
! head -c 2 "$mer" | grep -q '#!' || { echo "skipped: the program runs in an emulator"; exit 77; }
! ldd "$mer" | grep -q libasan || { echo "skipped: valgrind cannot run a program with sanitizers"; exit 77; }
small_data data
small_model text text
small_model audio audio
small_model fusion fusion

# memcheck ARGUMENTS...: of mer. valgrind knows no AVX-512, so mer is kept from it. What is still reachable at
# the end (the libraries' own tables and threads) is not a fault.
memcheck() {
  MER_CPU=avx2 expect 0 valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    --show-leak-kinds=definite "$mer" "$@"
  [ ! -s err ] || { fail "valgrind: mer $*"; head -n 40 err; }
  lines 1
}

memcheck predict text --text "what a lovely day"
memcheck predict audio --audio data/high.wav
memcheck predict fusion --text "she is gone" --audio data/low.wav
finish
