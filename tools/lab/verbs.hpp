// SPDX-License-Identifier: Apache-2.0
// verbs.hpp: lists what can be done with labs on the command line: one table, from which come the
// parsing, the help, the completion and the manual. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tapswitch::lab {

struct VerbOption {
  std::string name;   // without dashes
  std::string value;  // what stands for its value in the usage; empty: it has none
  std::string text;
};

struct Verb {
  std::string name;
  std::string usage;  // behind "tapctl lab": "up FILE [OPTION]..."
  std::string summary;
  std::vector<VerbOption> options;
  std::size_t least_words = 0;  // of those that are no options
  std::size_t most_words = 0;
  bool takes_command = false;  // words behind "--"
};

[[nodiscard]] const std::vector<Verb>& verbs();

// A command line behind "lab".
struct Words {
  const Verb* verb = nullptr;
  std::vector<std::string> words;
  std::vector<std::string> command;  // behind "--"
  std::map<std::string, std::string> options;

  [[nodiscard]] bool has(const std::string& option) const { return options.contains(option); }
  [[nodiscard]] std::optional<std::string> value(const std::string& option) const;
};

// Whether all must be there that the verb needs, or somebody is still typing.
enum class Parsing : std::uint8_t { of_the_whole, of_a_part };

// Without a verb it is `list`. Throws tapctl::UsageError.
[[nodiscard]] Words parse_words(const std::vector<std::string>& arguments,
                                Parsing parsing = Parsing::of_the_whole);

[[nodiscard]] std::string overview_help();
[[nodiscard]] std::string verb_help(const Verb& verb);

// The options of every verb.
[[nodiscard]] const std::vector<VerbOption>& common_options();

}  // namespace tapswitch::lab
