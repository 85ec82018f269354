// SPDX-License-Identifier: Apache-2.0
// position.hpp: tells where in a text something stands, for people who have it open in an editor.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapswitch::config {

struct Position {
  std::size_t line = 1;
  std::size_t column = 1;  // in bytes

  bool operator==(const Position&) const = default;
};

// Returns "FILE:LINE:COLUMN: what", which editors know how to follow.
[[nodiscard]] std::string at_place(std::string_view file, const Position& position,
                                   std::string_view what);

[[nodiscard]] Position position_at(std::string_view text, std::size_t offset);

// Returns where the value that the JSON pointer 'pointer' [RFC 6901] leads to begins in 'text', or,
// if it is not there, the innermost value around it. 'text' is valid JSON.
[[nodiscard]] Position position_of(std::string_view text, std::string_view pointer);

}  // namespace tapswitch::config
