// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/capture_blocks.hpp"

namespace tapswitch::tapctl {

void CaptureBlocks::add(std::string_view bytes, const std::function<void(std::string_view)>& take) {
  if (is_broken_) {
    return;
  }
  unread_ += bytes;
  std::size_t begin = 0;
  while (const std::size_t size = block_size_at(begin)) {
    take(std::string_view(unread_).substr(begin, size));
    begin += size;
  }
  unread_.erase(0, is_broken_ ? unread_.size() : begin);
}

std::size_t CaptureBlocks::block_size_at(std::size_t begin) {
  const std::string_view left = std::string_view(unread_).substr(begin);
  if (left.size() < block_header_size) {
    return 0;
  }
  const std::size_t size = number_at<std::uint32_t>(left, 4);
  is_broken_ = size < block_header_size || size > largest_block;
  return is_broken_ || left.size() < size ? 0 : size;
}

}  // namespace tapswitch::tapctl
