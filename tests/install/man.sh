#!/usr/bin/env bash
# man.sh PROGRAM PAGE: mer(1) has every command and every option of --help, and is well formed.
set -eu
program=$1 page=$2
fail() { echo "man: $*" >&2; exit 1; }
flat=$(sed 's/\\-/-/g' "$page")
for command in $("$program" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
  section=$(awk -v title=".SS mer $command" 'index($0, title) == 1 { on = 1; next } /^\.S[SH]/ { on = 0 } on' <<<"$flat")
  common=$(sed -n '/^\.SH COMMON OPTIONS/,/^\.SH EXIT/p' <<<"$flat")
  for option in $("$program" "$command" --help | grep -oE -- '^  (-[a-z], )?--[a-z0-9-]+' | grep -oE -- '--.*'); do
    grep -qE -- "^\.B (-[a-z], )?$option( |$)" <<<"$section"$'\n'"$common" || fail "mer $command $option is not in the page"
  done
done
if command -v man >/dev/null; then
  warnings=$(man --warnings -l "$page" 2>&1 >/dev/null)
  [ -z "$warnings" ] || fail "$warnings"
fi
if command -v mandoc >/dev/null; then mandoc -T lint -W error "$page"; fi
