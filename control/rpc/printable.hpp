// SPDX-License-Identifier: Apache-2.0
// printable.hpp: makes a stranger's text fit for a terminal: whatever would give it orders, or turn
// the direction of writing, is shown by its number instead.
//
// Shown so are the control characters of ASCII and of ISO 8859 (C0, DEL, C1), the marks of Unicode
// for the direction of text, its separators of lines and paragraphs, and bytes that are no UTF-8.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace tapswitch::rpc {

// Returns 'text' as one line: "\x1b" for a byte, "\u202e" for a character.
std::string printable(std::string_view text);

// The same, but ends of lines stay.
std::string printable_lines(std::string_view text);

// Returns JSON that stands for the same value as 'json', with escapes for all of those.
std::string printable_json(std::string_view json);

}  // namespace tapswitch::rpc
