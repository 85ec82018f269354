#compdef tapctl
# SPDX-License-Identifier: Apache-2.0
# Completion of tapctl for zsh. tapctl knows what may come next; where it has no word, a file's name
# may be meant.
local line
local -a found
for line in ${(f)"$(_call_program words ${words[1]} complete -- ${(q)words[2,CURRENT]} 2>/dev/null)"}; do
  found+=("${${line%%$'\t'*}//:/\\:}${${(M)line#*$'\t'*}:+:${line#*$'\t'}}")
done
if (($#found)); then
  _describe -V tapctl found
else
  _files
fi
