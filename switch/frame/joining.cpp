// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/joining.hpp"

#include <algorithm>
#include <optional>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

using Bytes = std::span<const std::byte>;

// As much as IP can state has room behind an Ethernet header and two tags in any case; behind more
// tags a frame is full before.
static_assert(FrameView::header_size + 2 * VlanTag::size + most_octets_of_ip <=
              FrameBuffer::max_frame_size);

constexpr std::byte last_flags = tcp_psh | tcp_fin;

std::byte flags_of(Bytes frame, const HeaderLayout& headers) {
  return frame[headers.transport + tcp_flags];
}

// Returns the headers of a segment that carries payload, no flag that belongs to one segment only,
// and no padding.
std::optional<HeaderLayout> headers_of_segment(const FrameBuffer& frame) {
  const std::optional<HeaderLayout> headers = frame.layout().headers();
  if (!headers || headers->kind != TransportKind::tcp || headers->payload >= frame.size()) {
    return std::nullopt;
  }
  const Bytes head = frame.head();
  const bool has_usual_flags = (flags_of(head, *headers) & ~(last_flags | tcp_ece)) == tcp_ack;
  const std::size_t size = stated_ip_size(head.subspan(headers->network));
  return has_usual_flags && size == frame.size() - headers->network ? headers : std::nullopt;
}

// Whether two frames have the same octets from 'begin' up to 'end'.
struct Same {
  Bytes one;
  Bytes other;

  [[nodiscard]] bool between(std::size_t begin, std::size_t end) const {
    return std::equal(one.begin() + static_cast<std::ptrdiff_t>(begin),
                      one.begin() + static_cast<std::ptrdiff_t>(end),
                      other.begin() + static_cast<std::ptrdiff_t>(begin));
  }
};

}  // namespace

bool Joiner::begin(FrameBuffer& frame) {
  const std::optional<HeaderLayout> headers = headers_of_segment(frame);
  if (!headers || !frame.offload().is_plain()) {
    return false;
  }
  frame_ = &frame;
  headers_ = *headers;
  segment_size_ = frame.size() - headers_.payload;
  count_ = 1;
  is_ended_ = (flags_of(frame.head(), headers_) & last_flags) != std::byte{0};
  return true;
}

bool Joiner::append(FrameBuffer& next) {
  if (is_ended_ || !next.offload().is_plain() || !is_continued_by(next)) {
    return false;
  }
  const std::span<std::byte> first = frame_->make_whole();
  const Bytes bytes = next.make_whole();
  if (!is_sound(bytes) || (count_ == 1 && !is_sound(first))) {
    return false;
  }
  const Bytes payload = bytes.subspan(headers_.payload);
  const std::byte flags = flags_of(bytes, headers_);
  first[headers_.transport + tcp_flags] |= flags & last_flags;
  frame_->append(payload);
  ++count_;
  is_ended_ = payload.size() < segment_size_ || (flags & last_flags) != std::byte{0};
  return true;
}

// Cheap comparisons first: most frames that continue nothing differ in their length or ports.
bool Joiner::is_continued_by(const FrameBuffer& frame) const {
  const std::size_t size = frame.size();
  if (frame.number() != (frame_->number() == 0 ? 0 : frame_->number() + count_) ||
      frame.mirrored_to() != frame_->mirrored_to()) [[unlikely]] {
    return false;
  }
  if (size <= headers_.payload || size > headers_.payload + segment_size_ ||
      frame_->size() - headers_.network + size - headers_.payload > most_octets_of_ip ||
      !frame_->has_room_for(size - headers_.payload)) {
    return false;
  }
  const Bytes first = frame_->head();
  const Bytes next = frame.head();
  if (next.size() < headers_.payload) {
    return false;
  }
  const Same same{first, next};
  const std::size_t tcp = headers_.transport;
  const auto sent = static_cast<std::uint32_t>(frame_->size() - headers_.payload);
  const std::uint32_t sequence = load_32(&first[tcp + tcp_sequence]) + sent;
  if (!same.between(tcp, tcp + tcp_sequence) || load_32(&next[tcp + tcp_sequence]) != sequence ||
      !same.between(tcp + tcp_acknowledgment, tcp + tcp_flags) ||
      !same.between(tcp + tcp_window, tcp + tcp_checksum) ||
      !same.between(tcp + tcp_urgent, headers_.payload) ||
      ((first[tcp + tcp_flags] ^ next[tcp + tcp_flags]) & ~last_flags) != std::byte{0}) {
    return false;
  }
  const std::size_t ip = headers_.network;
  if (stated_ip_size(next.subspan(ip)) != size - ip) {
    return false;
  }
  if (headers_.is_ipv6) {
    return same.between(0, ip + ipv6_payload_length) && same.between(ip + ipv6_next_header, tcp);
  }
  const auto identification =
      static_cast<std::uint16_t>(load_16(&first[ip + ipv4_identification]) + count_);
  return same.between(0, ip + ipv4_total_length) &&
         load_16(&next[ip + ipv4_identification]) == identification &&
         same.between(ip + ipv4_fragment, ip + ipv4_checksum) &&
         same.between(ip + ipv4_addresses, tcp);
}

// Whether the checksums of a segment with these headers are right.
bool Joiner::is_sound(Bytes segment) const {
  constexpr std::uint16_t right = 0xffff;
  if (!headers_.is_ipv6) {
    ChecksumSum sum;
    sum.add(segment.subspan(headers_.network, headers_.transport - headers_.network));
    if (sum.folded() != right) {
      return false;
    }
  }
  ChecksumSum sum = sum_of_pseudo_header(segment, headers_, segment.size() - headers_.transport);
  sum.add(segment.subspan(headers_.transport));
  return sum.folded() == right;
}

FrameBuffer& Joiner::finish() {
  if (count_ < 2) {
    return *frame_;
  }
  const std::span<std::byte> bytes = frame_->make_whole();
  write_ip_length(bytes, headers_);
  store_16(&bytes[headers_.transport + tcp_checksum],
           sum_of_pseudo_header(bytes, headers_, bytes.size() - headers_.transport).folded());
  frame_->set_offload({.needs_checksum = true,
                       .gso = headers_.is_ipv6 ? GsoKind::tcp_ipv6 : GsoKind::tcp_ipv4,
                       .header_size = as_word(headers_.payload),
                       .segment_size = as_word(segment_size_),
                       .checksum_start = as_word(headers_.transport),
                       .checksum_offset = tcp_checksum});
  return *frame_;
}

}  // namespace tapswitch
