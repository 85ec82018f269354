// SPDX-License-Identifier: Apache-2.0
// units.hpp: numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace tapswitch::tapctl {

// "0 bit/s", "950 bit/s", "1.2 kbit/s", "340 Mbit/s": powers of 1000, two to three digits.
std::string bit_rate(std::uint64_t bits_per_second);

// A count in full if 'is_exact' or if it has no more than five digits; else "1.2 M".
std::string count_text(std::uint64_t count, bool is_exact);

// The two largest units of it: "12 s", "3 min 20 s", "2 d 5 h".
std::string duration(std::uint64_t seconds);

// "1 port", "2 ports".
std::string counted(std::uint64_t count, const std::string& singular, const std::string& plural);

}  // namespace tapswitch::tapctl
