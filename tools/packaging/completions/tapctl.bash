# SPDX-License-Identifier: Apache-2.0
# Completion of tapctl for bash. tapctl knows what may come next; where it has no word, a file's
# name may be meant.
_tapctl() {
  # The words as they were typed: bash alone would cut an address at its colons.
  local line=${COMP_LINE:0:COMP_POINT} words current colons
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  current=${words[-1]}
  mapfile -t COMPREPLY < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null | cut -f 1)
  # What bash has cut off in front stays there.
  colons=${current%"${current##*[:=]}"}
  [[ $COMP_WORDBREAKS != *:* || -z $colons ]] || COMPREPLY=("${COMPREPLY[@]#"$colons"}")
}
complete -o default -F _tapctl tapctl
