// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/frame_buffer.hpp"

#include <cstring>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t addresses_size = 2 * MacAddress::size;

}  // namespace

void FrameBuffer::finish_checksum() {
  tapswitch::finish_checksum(std::span(memory_).subspan(begin_, size_), offload_);
}

void FrameBuffer::push_tag(VlanTag tag) {
  assert(begin_ >= VlanTag::size && size_ >= FrameView::header_size);
  std::byte* const old_begin = memory_.data() + begin_;
  std::memmove(old_begin - VlanTag::size, old_begin, addresses_size);
  begin_ -= VlanTag::size;
  size_ += VlanTag::size;
  offload_.lengthen(VlanTag::size);
  layout_.push_tag();
  set_tag(tag);
}

void FrameBuffer::pop_tag() {
  assert(size_ >= FrameView::header_size + VlanTag::size);
  std::byte* const old_begin = memory_.data() + begin_;
  std::memmove(old_begin + VlanTag::size, old_begin, addresses_size);
  begin_ += VlanTag::size;
  size_ -= VlanTag::size;
  offload_.shorten(VlanTag::size);
  layout_.pop_tag();
}

void FrameBuffer::set_tag(VlanTag tag) {
  assert(size_ >= FrameView::header_size + VlanTag::size);
  std::byte* const place = memory_.data() + begin_ + FrameView::ether_type_offset;
  store_16(place, static_cast<std::uint16_t>(tag.type));
  store_16(place + 2, tag.control_information());
}

}  // namespace tapswitch
