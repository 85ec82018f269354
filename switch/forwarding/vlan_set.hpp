// SPDX-License-Identifier: Apache-2.0
// vlan_set.hpp: a set of VLANs, as "1-100,200" says one.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

// Members are 1 to 4094; nothing else can get in.
class VlanSet {
 public:
  static constexpr std::size_t word_bits = 64;
  static constexpr std::size_t word_count = 4096 / word_bits;

  VlanSet() = default;

  // Every VLAN.
  static VlanSet all();

  // 'vid' alone. 'vid' must be 1 to 4094.
  static VlanSet of(VlanId vid);

  // Reads "1-100,200" or "" (the empty set). Nullopt if 'text' is anything else: a VID outside
  // 1 to 4094, a range that runs backwards, spaces.
  static std::optional<VlanSet> parse(std::string_view text);

  // The shortest list of ascending ranges: parse(to_string()) gives the same set.
  [[nodiscard]] std::string to_string() const;

  // 'vid' must be 1 to 4094.
  void insert(VlanId vid);

  // False for any 'vid' outside 1 to 4094.
  [[nodiscard]] bool contains(VlanId vid) const {
    return vid <= last_vlan && (words_[vid / word_bits] >> (vid % word_bits) & 1) != 0;
  }

  [[nodiscard]] std::size_t count() const;

  // Calls 'visit' with each member, in ascending order.
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    for (std::size_t i = 0; i < word_count; ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(word));
        visit(static_cast<VlanId>(i * word_bits + bit));
      }
    }
  }

  // Bit n of word m stands for VLAN 64 m + n.
  [[nodiscard]] std::span<const std::uint64_t, word_count> words() const { return words_; }

  bool operator==(const VlanSet&) const = default;

  // The members that both have.
  friend VlanSet operator&(VlanSet left, const VlanSet& right) {
    for (std::size_t i = 0; i < word_count; ++i) {
      left.words_[i] &= right.words_[i];
    }
    return left;
  }

 private:
  std::array<std::uint64_t, word_count> words_{};
};

}  // namespace tapswitch
