// SPDX-License-Identifier: Apache-2.0
#include "control/config/reserved_address.hpp"

#include <algorithm>
#include <array>

#include "switch/frame/mac_address.hpp"

namespace tapswitch::config {
namespace {

struct Word {
  std::string_view text;
  std::uint16_t bits;
};

constexpr std::uint16_t every_address = 0xffff;
constexpr std::uint64_t first_address = 0x0180'c200'0000;
constexpr int address_count = 16;

constexpr std::array<Word, 6> words = {{
    {"stp", 1 << 0x0},
    {"pause", 1 << 0x1},
    {"lacp", 1 << 0x2},
    {"eapol", 1 << 0x3},
    {"lldp", 1 << 0xe},
    {"all", every_address},
}};

}  // namespace

std::vector<std::string> reserved_words() {
  std::vector<std::string> texts;
  for (const Word& word : words) {
    texts.emplace_back(word.text);
  }
  return texts;
}

std::uint16_t reserved_bits(std::string_view text) {
  const auto word = std::find_if(words.begin(), words.end(),
                                 [text](const Word& candidate) { return candidate.text == text; });
  if (word != words.end()) {
    return word->bits;
  }
  const auto address = MacAddress::parse(text);
  return address ? static_cast<std::uint16_t>(1 << (address->bits() & 0xf)) : std::uint16_t{0};
}

std::vector<std::string> reserved_texts(std::uint16_t bits) {
  if (bits == every_address) {
    return {"all"};
  }
  std::vector<std::string> texts;
  for (int n = 0; n < address_count; ++n) {
    const auto bit = static_cast<std::uint16_t>(1 << n);
    if ((bits & bit) == 0) {
      continue;
    }
    const auto word = std::find_if(words.begin(), words.end(),
                                   [bit](const Word& candidate) { return candidate.bits == bit; });
    texts.push_back(word != words.end()
                        ? std::string(word->text)
                        : MacAddress(first_address + static_cast<unsigned>(n)).to_string());
  }
  return texts;
}

}  // namespace tapswitch::config
