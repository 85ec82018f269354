// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/vlan_set.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace tapswitch {
namespace {

// Takes a VID off the front of 'text'.
std::optional<VlanId> take_vid(std::string_view& text) {
  VlanId vid = no_vlan;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), vid);
  if (error != std::errc() || vid < first_vlan || vid > last_vlan) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return vid;
}

// Takes 'expected' off the front of 'text', if it is there.
bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

constexpr std::size_t vid_count = VlanSet::word_bits * VlanSet::word_count;

// The first VID from 'vid' on that is in the set of 'words', or that is not; 'vid_count' if none
// is.
std::size_t next(std::span<const std::uint64_t, VlanSet::word_count> words, std::size_t vid,
                 bool is_in) {
  while (vid < vid_count) {
    const std::uint64_t word = words[vid / VlanSet::word_bits];
    const std::uint64_t rest = (is_in ? word : ~word) >> (vid % VlanSet::word_bits);
    if (rest != 0) {
      return vid + static_cast<std::size_t>(std::countr_zero(rest));
    }
    vid += VlanSet::word_bits - vid % VlanSet::word_bits;
  }
  return vid_count;
}

}  // namespace

VlanSet VlanSet::all() {
  VlanSet set;
  set.words_.fill(~std::uint64_t{0});
  set.words_.front() &= ~std::uint64_t{1};
  set.words_.back() &= ~(std::uint64_t{1} << (reserved_vlan % word_bits));
  return set;
}

VlanSet VlanSet::of(VlanId vid) {
  VlanSet set;
  set.insert(vid);
  return set;
}

std::optional<VlanSet> VlanSet::parse(std::string_view text) {
  VlanSet set;
  if (text.empty()) {
    return set;
  }
  do {
    const auto first = take_vid(text);
    const auto last = first && take(text, '-') ? take_vid(text) : first;
    if (!first || !last || *last < *first) {
      return std::nullopt;
    }
    for (VlanId vid = *first; vid <= *last; ++vid) {
      set.insert(vid);
    }
  } while (take(text, ','));
  if (!text.empty()) {
    return std::nullopt;
  }
  return set;
}

std::string VlanSet::to_string() const {
  std::string text;
  std::size_t first = next(words_, 0, true);
  while (first < vid_count) {
    const std::size_t end = next(words_, first, false);
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ",", first);
    if (end - first > 1) {
      fmt::format_to(std::back_inserter(text), "-{}", end - 1);
    }
    first = next(words_, end, true);
  }
  return text;
}

void VlanSet::insert(VlanId vid) {
  assert(vid >= first_vlan && vid <= last_vlan);
  words_[vid / word_bits] |= std::uint64_t{1} << (vid % word_bits);
}

std::size_t VlanSet::count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) {
    count += static_cast<std::size_t>(std::popcount(word));
  }
  return count;
}

}  // namespace tapswitch
