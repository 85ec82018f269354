// SPDX-License-Identifier: Apache-2.0
// verb.hpp: the words of the command line and the methods they stand for: port.add is `port add`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// A word that stands for a whole method: `trace` for `frame trace`.
struct Alias {
  std::string word;
  std::string method;
};

const std::vector<Alias>& aliases();

// "port.add" as "port add"; of an alias, the alias.
std::string command_of(const std::string& method);

// The nouns of 'methods', each once, in their order.
std::vector<std::string> nouns(const std::vector<rpc::Method>& methods);

// Returns what can be done with 'noun'; empty if there is no such noun.
std::vector<rpc::Method> verbs(const std::vector<rpc::Method>& methods, const std::string& noun);

// The verb of "port.add": "add".
std::string verb_of(const rpc::Method& method);

// A method that a command begins with, and how many words of it that takes.
struct Selection {
  rpc::Method method;
  std::size_t words = 0;
};

// The method that 'words' begin with: an alias, a command of our own, a noun and a verb, or a noun
// alone, which lists (or gets, where nothing can be listed). Nouns and verbs may be shortened to
// what only one of them begins with, and verbs have other words: 'rm' for 'remove'. 'words' are the
// first three at most. Throws UsageError, with what may have been meant.
Selection select_method(const std::vector<rpc::Method>& methods,
                        const std::vector<std::string>& words);

}  // namespace tapswitch::tapctl
