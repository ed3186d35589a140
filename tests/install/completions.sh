#!/usr/bin/env bash
# completions.sh PROGRAM SOURCE: the completions for bash, and for zsh where there is one, offer every command, every option of
# --help, and the choices of options.
set -u
program=$1 source=$2 failed=0
complain() { echo "completions: $*" >&2; failed=1; }

# shellcheck source=/dev/null
. "$source/completions/mer.bash"
# in_bash WORD..: what is offered for the last word.
in_bash() {
  COMP_WORDS=("$program" "$@") COMP_CWORD=$# COMPREPLY=()
  _mer
  printf '%s\n' "${COMPREPLY[@]}"
}

# in_zsh WORD..: the same; zsh's own functions are replaced by ones that print what they are given.
in_zsh() {
  zsh -f -c '_describe() { print -rl -- "${(@)${(P)2}%%:*}" }; _files() { print FILES }
    words=("${@[2,-1]}"); CURRENT=$#words; source "$1"' zsh "$source/completions/_mer" "$program" "$@"
}

# expect SHELL WHAT WORD..: WHAT is offered for the last word.
expect() {
  local offered
  offered=$("in_$1" "${@:3}")
  grep -qx -- "$2" <<<"$offered" || complain "$1 does not offer '$2' for: mer ${*:3}"
}

shells=bash
if command -v zsh >/dev/null; then shells="bash zsh"; fi
for shell in $shells; do
  for command in $("$program" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
    expect $shell "$command" ""
    offered=$("in_$shell" "$command" --)
    for option in $("$program" "$command" --help | grep -oE -- '^  (-[a-z], )?--[a-z0-9-]+' | grep -oE -- '--.*'); do
      grep -qx -- "$option" <<<"$offered" || complain "$shell does not offer $option of mer $command"
    done
  done
  expect $shell adamw train text --optimizer ""
  expect $shell fusion train ""
  expect $shell csv bench tokenize -o ""
done
[ -z "$(in_bash train text --data "")" ] || complain "bash offers something else than files for --data"
exit $failed
