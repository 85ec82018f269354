// SPDX-License-Identifier: Apache-2.0
// option.hpp: lists what can be said on the command line of a method, made from its parameters.
//
// A parameter is an option of its name, with dashes. Of an object, its members are options too:
// `flood.multicast` is --flood-multicast; and the object itself is one, whose value is JSON. The
// first required parameter needs no option: it is what stands behind the verb.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// A file's name has so many bytes at most, for the kernel.
constexpr std::size_t longest_path = 4095;

struct Option {
  // How values are given: to a parameter, or in one of the short ways of shortcuts.hpp.
  enum class Kind {
    parameter,
    access_vlan,
    trunk,
    tunnel,
    storm_limit,
    no,
    yes,
    clear,
    file,
    descriptor
  };

  std::string name;               // "flood-multicast"
  std::vector<std::string> path;  // the parameter it sets: {"flood", "multicast"}
  rpc::Schema schema;
  std::string description;
  Json default_value = nullptr;
  bool is_required = false;
  Kind kind = Kind::parameter;
  char letter = 0;  // by which it is known too: 'w' for -w; 0: none

  // "flood.multicast", as errors name it.
  [[nodiscard]] std::string field() const;

  // Returns what stands for it in help where it needs no option: "NAME".
  [[nodiscard]] std::string positional_name() const;
};

// Returns the two as one word of a command line, with dashes: "flood-multicast".
[[nodiscard]] std::string option_name(std::string_view prefix, std::string_view name);

// The options of 'method', shortcuts first, each name once.
std::vector<Option> options_of(const rpc::Method& method);

// The options that may be given without their names, in this order.
std::vector<Option> positionals_of(const rpc::Method& method);

}  // namespace tapswitch::tapctl
