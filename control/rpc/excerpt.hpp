// SPDX-License-Identifier: Apache-2.0
// excerpt.hpp: how an error message names what came in: enough of it to be recognised, never so
// much that the answer grows with the question, and with control characters made visible.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {

// The most bytes of a stranger's text that a message repeats.
inline constexpr std::size_t longest_excerpt = 64;

// 'text', or its beginning and "..." if it is longer; never ends within a UTF-8 character.
std::string excerpt(std::string_view text, std::size_t longest = longest_excerpt);

// The excerpt of 'text' as a JSON string, between quotation marks.
std::string in_quotes(std::string_view text);

// Returns what kind of value this is, with its article: "a string", "an integer", "the number 1.5".
std::string kind_of(const Json& value);

}  // namespace tapswitch::rpc
