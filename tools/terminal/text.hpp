// SPDX-License-Identifier: Apache-2.0
// text.hpp: words on a terminal: their colour, and that they are nothing but words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/rpc/json.hpp"
#include "control/rpc/printable.hpp"

namespace tapswitch::tapctl {

enum class Colour { none, heading, good, warning, bad };

// 'text' between the escape sequences of 'colour'.
std::string painted(std::string_view text, Colour colour);

// A description or an interface's name is a stranger's text, and must not give orders to the
// terminal: whatever is printed of it passes one of these, JSON too.
using rpc::printable;
using rpc::printable_lines;

// Returns 'value' as lines of JSON, or as one if 'indent' is -1.
std::string json_text(const Json& value, int indent);

// Whether JSON can hold 'text' as it is.
bool is_utf8(const std::string& text);

// How many columns 'text' takes; each character counts as one.
std::size_t width_of(std::string_view text);

// As much of the beginning of 'text' as takes 'width' columns.
std::string_view beginning_of(std::string_view text, std::size_t width);

// Whether 'object' says which of several things are so: {"multicast": true, "broadcast": false}.
// Its text is the names of those that are.
bool is_choice(const Json& object);

// The time "2026-11-23T12:34:56.789Z" of a daemon as clocks here show it: "2026-11-23
// 13:34:56.789". Anything else as it is.
std::string local_time(const std::string& text);

// A value in a word or a line: "yes", "10", "a, b", "mtu 1500, mac none".
std::string text_of(const Json& value);

// The string, number and so on at 'key', as text_of; "-" if there is none.
std::string text_at(const Json& object, const char* key);

// The count at 'key'. Requires: there is one.
std::uint64_t count_at(const Json& object, const std::string& key);

// A line for each of the "warnings" in the result of a call, which most have not.
std::string warning_lines(const Json& result);

}  // namespace tapswitch::tapctl
