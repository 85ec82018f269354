// SPDX-License-Identifier: Apache-2.0
// reserved_address.hpp: the names under which people know the addresses 01-80-C2-00-00-00 to -0F,
// which a bridge does not relay unless told to [802.1Q table 8-1].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tapswitch::config {

// "stp", "pause", "lacp", "eapol", "lldp", "all".
std::vector<std::string> reserved_words();

// The addresses that 'text', one of the words or an address of the block, stands for: bit n for
// 01-80-C2-00-00-0n.
std::uint16_t reserved_bits(std::string_view text);

// The shortest list of words and addresses that stands for 'bits'.
std::vector<std::string> reserved_texts(std::uint16_t bits);

}  // namespace tapswitch::config
