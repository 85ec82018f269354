// SPDX-License-Identifier: Apache-2.0
// completion.hpp: finds what may stand next on a command line that is being typed. The completions
// of bash, zsh and fish all ask for it: `tapctl complete -- WORD...`, of which the last word is the
// one to complete. It needs no daemon, but without one there are no live names.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/rpc/method.hpp"
#include "tools/tapctl/line/arguments.hpp"

namespace tapswitch::tapctl {

// Returns names that only a daemon or this machine knows, of a "port", "switch", "mirror" or "lab".
// Called at most once; 'manner' is what --socket and --lab said so far.
using LiveNames =
    std::function<std::vector<std::string>(const std::string& noun, const Manner& manner)>;

// One line for each word that may stand there, with what it means behind a tab. Nothing: it may be
// anything, such as a file's name.
std::string complete(const std::vector<std::string>& words, const std::vector<rpc::Method>& methods,
                     const LiveNames& names);

}  // namespace tapswitch::tapctl
