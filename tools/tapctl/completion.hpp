// SPDX-License-Identifier: Apache-2.0
// completion.hpp: what may stand next on a command line that is being typed. The completions of
// bash, zsh and fish all ask for it: `tapctl complete -- WORD...`, of which the last word is the
// one to complete. It needs no daemon, but without one there are no live names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// What has names that only the daemon knows: "port" or "switch". Called at most once; 'socket' is
// what --socket said so far.
using LiveNames = std::function<std::vector<std::string>(const std::string& noun,
                                                         const std::optional<std::string>& socket)>;

// One line for each word that may stand there, with what it means behind a tab. Nothing: it may be
// anything, such as a file's name.
std::string complete(const std::vector<std::string>& words, const std::vector<rpc::Method>& methods,
                     const LiveNames& names);

}  // namespace tapswitch::tapctl
