// SPDX-License-Identifier: Apache-2.0
// capture_blocks.hpp: splits a capture as the daemon writes it, pcapng in the byte order of the
// machine, into its blocks.
//
// Limits: a block has at most 'largest_block' bytes, which is more than any frame makes; where
// one says it has more, the capture is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace tapswitch::tapctl {

enum class BlockType : std::uint32_t {
  section_header = 0x0A0D0D0A,
  interface_description = 1,
  interface_statistics = 5,
  enhanced_packet = 6,
};

// Returns the number that stands at 'offset'; 0 if the text ends before.
template <class Number>
Number number_at(std::string_view text, std::size_t offset) {
  Number number = 0;
  if (offset + sizeof number <= text.size()) {
    std::memcpy(&number, text.data() + offset, sizeof number);
  }
  return number;
}

inline BlockType type_of(std::string_view block) {
  return BlockType{number_at<std::uint32_t>(block, 0)};
}

class CaptureBlocks {
 public:
  static constexpr std::size_t largest_block = 1'048'576;
  static constexpr std::size_t block_header_size = 8;

  // Takes what has come, and gives 'take' each block that is whole with it.
  void add(std::string_view bytes, const std::function<void(std::string_view)>& take);

  // Whether there will be no blocks any more.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  // Returns the size of the block that stands in what is unread; 0: it is not whole.
  [[nodiscard]] std::size_t block_size_at(std::size_t begin);

  std::string unread_;
  bool is_broken_ = false;
};

}  // namespace tapswitch::tapctl
