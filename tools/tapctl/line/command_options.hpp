// SPDX-License-Identifier: Apache-2.0
// command_options.hpp: the options of a command line, taken off it by Boost.Program_options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/tapctl/line/option.hpp"

namespace tapswitch::tapctl {

// The options of one command line, as it said them, before anybody asks what it means.
struct CommandOptions {
  std::map<std::string, std::vector<std::string>> texts;  // by option; of a flag, no texts
  std::vector<std::string> words;                         // what stands without an option

  // Whether 'name' is there: "json", "help".
  [[nodiscard]] bool has(const std::string& name) const;
};

// Whether 'argument' is one of the options that every command takes, without the value of one that
// has a value: "--json", "--socket", "--socket=/s".
bool is_common_option(const std::string& argument);

// Whether the value of this common option is the next argument.
bool takes_next(const std::string& argument);

// Reads 'options' and those of every command. Throws UsageError.
CommandOptions parse_options(const std::vector<std::string>& arguments,
                             const std::vector<Option>& options);

}  // namespace tapswitch::tapctl
