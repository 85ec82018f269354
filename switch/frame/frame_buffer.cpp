// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/frame_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "switch/frame/checksum.hpp"
#include "switch/frame/joined_unseen.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t addresses_size = 2 * MacAddress::size;

}  // namespace

bool FrameBuffer::borrow(std::span<const Part> parts, const Offload& offload) {
  std::size_t size = 0;
  for (const Part part : parts) {
    if (part.size() > max_frame_size - size) {
      return false;
    }
    size += part.size();
  }
  assign(size, offload);
  body_size_ = size;
  take_in(parts, parts.size() <= most_parts ? std::min(size, lent_head_size) : size);
  return true;
}

// Copies the first of 'parts', which are the body, behind the head until that has 'size' bytes; the
// others remain the body.
void FrameBuffer::take_in(std::span<const Part> parts, std::size_t size) {
  std::size_t head_size = size_ - body_size_;
  part_count_ = 0;
  for (const Part part : parts) {
    const Part taken = part.first(std::min(part.size(), size - head_size));
    copy_octets(taken, memory_.data() + begin_ + head_size);
    head_size += taken.size();
    if (taken.size() < part.size()) {
      parts_[part_count_++] = part.subspan(taken.size());
    }
  }
  body_size_ = size_ - head_size;
}

// Only few frames have headers that reach beyond the head, and only those without TCP or UDP seem
// to.
void FrameBuffer::find_layout_further_on() {
  lengthen_head(std::min(size_, max_header_size));
  layout_ = Layout::find(head());
}

bool FrameBuffer::complete_offload() {
  if (offload_.gso == GsoKind::none) {
    return false;
  }
  if (offload_.is_verified && !offload_.needs_checksum) {
    const std::optional<HeaderLayout> headers = layout_.headers();
    if (headers) {
      leave_checksums_unfinished(editable_head(), size_, *headers, offload_);
    }
    return headers && is_consistent(size_, layout_, offload_);
  }
  if (is_lent()) {
    lengthen_head(std::max(head().size(), std::min(size_, max_header_size)));
  }
  const std::optional<Tunnel> tunnel = find_tunnel(head(), size_, layout_, offload_);
  if (tunnel) {
    tunnel_ = *tunnel;
    offload_.tunnelled =
        tunnel->carrier == Tunnel::Carrier::udp ? Tunnelled::in_udp : Tunnelled::otherwise;
  }
  return tunnel.has_value();
}

bool FrameBuffer::check_offload() {
  if (!is_consistent(size_, layout_, offload_)) {
    return complete_offload();
  }
  if (offload_.gso != GsoKind::none) {
    const HeaderLayout headers = layout_.headers().value();
    sum_whole(editable_head(), size_, headers, offload_);
    if (size_ - headers.payload <= offload_.segment_size) {
      offload_.forget_segments();
    }
  }
  return true;
}

std::size_t FrameBuffer::wire_count() const {
  if (offload_.gso == GsoKind::none || offload_.segment_size == 0) {
    return 1;
  }
  const std::optional<HeaderLayout> headers = headers_of_segments();
  const std::size_t payload = size_ - std::min(size_, headers ? headers->payload : 0UL);
  return std::max<std::size_t>((payload + offload_.segment_size - 1) / offload_.segment_size, 1);
}

void FrameBuffer::copy(std::size_t offset, std::span<std::byte> to) const {
  assert(offset <= size_ && to.size() <= size_ - offset);
  if (!is_lent()) [[likely]] {
    copy_octets(head().subspan(offset, to.size()), to.data());
    return;
  }
  const auto copy_of = [&](Part part) {
    const Part behind = part.subspan(std::min(offset, part.size()));
    const Part wanted = behind.first(std::min(behind.size(), to.size()));
    copy_octets(wanted, to.data());
    to = to.subspan(wanted.size());
    offset -= part.size() - behind.size();
  };
  copy_of(head());
  for (const Part part : body()) {
    copy_of(part);
  }
}

void FrameBuffer::finish_checksum() {
  if (!offload_.needs_checksum) {
    return;
  }
  const std::span<std::byte> frame = make_whole();
  if (!is_of_sctp(layout_, offload_)) [[likely]] {
    tapswitch::finish_checksum(frame, offload_);
    return;
  }
  // Zeros behind the packet, as short frames have them, change this checksum.
  const std::size_t end = layout_.network() + stated_ip_size(frame.subspan(layout_.network()));
  const std::size_t begin = offload_.checksum_start;
  const bool is_stated = end >= begin + sctp_size && end <= frame.size();
  write_sctp_checksum(frame.subspan(begin, (is_stated ? end : frame.size()) - begin));
  offload_.needs_checksum = false;
}

void FrameBuffer::pad(std::size_t size) {
  const std::size_t present = make_whole().size();
  assert(present <= size && size <= max_frame_size);
  std::memset(memory_.data() + begin_ + present, 0, size - present);
  size_ = size;
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
