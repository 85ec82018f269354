// SPDX-License-Identifier: Apache-2.0
// command.hpp: `tapctl lab ...`: from its words to what is done, and the exit status.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tapswitch::lab {

// Returns what stands behind "lab" if 'arguments' are about labs: "lab up x", "--json lab", "help
// lab up"; else nullopt. The common options before it are among them.
[[nodiscard]] std::optional<std::vector<std::string>> words_behind(
    const std::vector<std::string>& arguments);

// Returns what may stand at the place of the last of 'words', a line each: the word, a tab, its
// meaning.
[[nodiscard]] std::string complete(const std::vector<std::string>& words);

// 'arguments' stand behind "lab". Throws tapctl::UsageError; everything else is told on stderr and
// is in the exit status.
int run(const std::vector<std::string>& arguments);

// Returns the names of the labs that are there. Throws Failure.
[[nodiscard]] std::vector<std::string> names();

// The control socket of the lab called 'name', for `tapctl --lab NAME`. Throws Failure.
[[nodiscard]] std::string socket_of(const std::string& name);

// Why nobody answers there, and what to do about it.
[[nodiscard]] std::string why_unreachable(const std::string& name);

}  // namespace tapswitch::lab
