# Completion of mer for bash. Commands, options and choices are read from the program's own help.

# The words of a table in a help text: what begins a line after two blanks.
_mer_words() { sed -n 's/^  \(-[a-z], \)\{0,1\}\([a-z-][a-z0-9-]*\).*/\2/p'; }

_mer() {
  local mer=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} help value words
  if ((COMP_CWORD == 1)); then
    words="$("$mer" --help 2>/dev/null | _mer_words) --help --version"
  else
    help=$("$mer" "${COMP_WORDS[1]}" --help 2>/dev/null) || return
    # The value that the option before the cursor takes: its choices, or names of files.
    value=$(sed -n "s/^  \(-[a-z], \)\{0,1\}$previous \([^ ]*\) .*/\2/p; s/^  $previous, --[a-z0-9-]* \([^ ]*\) .*/\1/p" <<<"$help")
    if [[ $previous == -* && -n $value ]]; then
      [[ $value == *'|'* && $value != *[A-Z]* ]] || return
      words=${value//|/ }
    elif [[ $current == -* ]]; then
      words=$(_mer_words <<<"$help")
    elif ((COMP_CWORD == 2)); then
      words=$(sed -n '1s/^usage: mer [a-z]* \([a-z|]*\) .*/\1/p' <<<"$help")
      words=${words//|/ }
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _mer mer
