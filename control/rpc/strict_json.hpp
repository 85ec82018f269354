// SPDX-License-Identifier: Apache-2.0
// strict_json.hpp: reads JSON text as RFC 8259 has it, and refuses what is open to two readings.
//
// Refused, besides what is no JSON: text that is not UTF-8, a byte order mark, a key that occurs
// twice in an object, lists and objects nested too deeply, too many values, numbers too large for a
// double. Integers beyond 64 bits become doubles, which no integer schema takes.
// Time and memory grow with the length of the text alone (n log n): no text makes it slow.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

// Throws Error parse_error, whose data holds "offset" (bytes before the fault) and "problem".
Json parse_json(std::string_view text, std::size_t most_nesting,
                std::size_t most_values = std::numeric_limits<std::size_t>::max());

// Returns what 'text' says, as the library reads it, or a discarded value if it is no JSON. Values
// nested deeper than 64 levels are left out.
Json parse_loosely(std::string_view text);

}  // namespace tapswitch::rpc
