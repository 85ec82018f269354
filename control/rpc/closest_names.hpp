// SPDX-License-Identifier: Apache-2.0
// closest_names.hpp: guesses what somebody may have meant who mistyped a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapswitch::rpc {

// Returns those of 'names' that the fewest slips turn into 'wanted', at most three, in their order.
// A slip is a character too many, too few, or another, or two neighbours swapped; one is forgiven
// in every three characters of 'wanted', at least one and at most four, so a long 'wanted' costs no
// time.
std::vector<std::string> closest_names(std::string_view wanted,
                                       const std::vector<std::string>& names);

}  // namespace tapswitch::rpc
