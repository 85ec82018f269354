// SPDX-License-Identifier: Apache-2.0
// name_spaces.hpp: the network namespaces of a lab: made, named as `ip netns` names them, and taken
// away with whoever is in them.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tools/lab/state.hpp"

namespace tapswitch::lab {

// The directory of namespaces that have names, as `ip netns` has it.
constexpr const char* names_directory = "/run/netns";

// Whether there is something of that name, whosever it is.
[[nodiscard]] bool is_namespace_name_taken(const std::string& name);

// Whether it is there and still the one on record.
[[nodiscard]] bool exists(const NamespaceRecord& record);

// Makes one for each of 'names', their interface lo up. 'record' is told which they will be before
// they have their names; those without a name vanish with us. Throws Failure.
void make_namespaces(const std::vector<std::string>& names,
                     const std::function<void(const std::vector<NamespaceRecord>&)>& record);

// Ends every process in them, as `docker stop` does, and takes the names away. What is not there,
// or not ours, is left alone.
void remove_namespaces(const std::vector<NamespaceRecord>& records,
                       std::chrono::milliseconds patience);

}  // namespace tapswitch::lab
