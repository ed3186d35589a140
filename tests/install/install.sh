#!/usr/bin/env bash
# install.sh BUILD SOURCE CC CXX FLAGS: installs into a tree of its own and builds programs against it: by pkg-config and by
# find_package, in C and in C++, with the shared and the static library.
set -eu
build=$1 source=$2 cc=$3 cxx=$4 flags=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install: $*" >&2; exit 1; }

# DESTDIR holds, and a prefix other than the configured one.
DESTDIR=$work/stage cmake --install "$build" --prefix /opt/mer >"$work/log" || { cat "$work/log"; exit 1; }
tree=$work/moved
mv "$work/stage/opt/mer" "$tree"
rmdir "$work/stage/opt" "$work/stage" || fail "files outside of the prefix"
for file in share/man/man1/mer.1 share/bash-completion/completions/mer share/zsh/site-functions/_mer share/mer/models/{vad,text,speech}/model.safetensors; do
  [ -s "$tree/$file" ] || fail "$file is missing"
done
"$tree/bin/mer" --version >/dev/null || fail "the installed program does not run"
! readelf -d "$tree/bin/mer" | grep -q "$build" || fail "the installed program refers to the build"
! grep -rIl "$source\|$build" "$tree" || fail "a file names the build's folders"
pc=$(dirname "$(find "$tree" -name mer.pc)")
lib=$(dirname "$pc")
export PKG_CONFIG_PATH=$pc LD_LIBRARY_PATH=$lib

# Each header alone, in both languages, without a warning.
for header in "$tree"/include/mer/*.h; do
  echo "#include <mer/${header##*/}>" >"$work/header.c"
  $cc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -I"$tree/include" "$work/header.c"
  $cxx -std=c++17 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c++ -I"$tree/include" "$work/header.c"
done

expect="$(sed -n 's/^#define MER_VERSION "\(.*\)"/\1/p' "$source/include/mer/base.h")"
[ "$(pkg-config --modversion mer)" = "$expect" ] || fail "mer.pc has version $(pkg-config --modversion mer), not $expect"
check() {
  local found
  found=$("$1") || fail "$1 fails"
  case $found in
    "$expect "*" success neutral 5184") ;;
    *) fail "$1 says: $found" ;;
  esac
}

case $(pkg-config --cflags mer) in *-D*) fail "mer.pc has definitions of other libraries: $(pkg-config --cflags mer)" ;; esac

# shellcheck disable=SC2086,SC2046 # lists of words
{
  $cc $flags $(pkg-config --cflags mer) "$source/tests/install/consumer/consumer.c" -o "$work/c" $(pkg-config --libs mer) -lm
  $cxx $flags $(pkg-config --cflags mer) "$source/tests/install/consumer/consumer.cpp" -o "$work/cpp" $(pkg-config --libs mer) -lm
  $cc $flags $(pkg-config --cflags mer) "$source/tests/install/consumer/consumer.c" -o "$work/static" \
    $(pkg-config --static --libs mer | sed "s|-lmer|$lib/libmer.a|")
}
for program in c cpp static; do check "$work/$program"; done
for name in $(pkg-config --static --libs-only-l mer); do
  case $name in -lmer | -ldl | -lm) continue ;; esac
  readelf -d "$lib/libmer.so" | grep -q "NEEDED.*\[lib${name#-l}\.so" || fail "mer.pc names $name, which the library does not need"
done
readelf -d "$work/c" | grep -q "NEEDED.*libmer.so.${expect%.*}\]" || fail "the program does not ask for libmer.so.${expect%.*}"

cmake -S "$source/tests/install/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >"$work/log" 2>&1 &&
  cmake --build "$work/build" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for program in shared_c shared_cpp static_c static_cpp; do check "$work/build/$program"; done
