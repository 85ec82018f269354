// SPDX-License-Identifier: Apache-2.0
// interface_name.hpp: which names an interface can have. The kernel silently cuts a name of 16
// characters to 15 and expands a '%', so they are looked at before it sees them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tapswitch {

constexpr std::size_t max_interface_name_size = 15;

// Why 'name' cannot be the name of an interface, as half a sentence ("has more than 15
// characters"), or nullopt if it can.
[[nodiscard]] std::optional<std::string> interface_name_fault(std::string_view name);

}  // namespace tapswitch
