# SPDX-License-Identifier: Apache-2.0
# Completion of tapctl for fish. tapctl knows what may come next; where it has no word, a file's name
# may be meant.
function __tapctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c tapctl -f -a '(__tapctl_complete)'
