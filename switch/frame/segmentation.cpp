// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/segmentation.hpp"

#include <algorithm>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

Offload offload_of_datagrams(std::size_t udp, std::size_t size) {
  return {.needs_checksum = true,
          .gso = GsoKind::udp,
          .header_size = as_word(udp + udp_size),
          .segment_size = as_word(size),
          .checksum_start = as_word(udp),
          .checksum_offset = checksum_offset_in(TransportKind::udp)};
}

}  // namespace

bool Segmenter::next(FrameBuffer& out) {
  if (!has_next_) {
    return false;
  }
  const std::uint16_t index = index_;
  const std::span<std::byte> segment = out.space().first(next_size());
  copy_octets(frame_.head().first(headers_.payload), segment.data());
  write_next(segment);
  out.assign(segment.size());
  out.set_number(number_of(index));
  out.set_mirrored_to(frame_.mirrored_to());
  if (frame_.offload().is_tunnelled()) [[unlikely]] {
    write_around(segment, frame_.layout().network(), frame_.tunnel(), index);
  }
  return true;
}

bool Segmenter::gives_datagrams(const FrameBuffer& frame) {
  if (frame.offload().tunnelled != Tunnelled::in_udp) {
    return false;
  }
  const std::size_t udp = frame.layout().network() + frame.tunnel().transport;
  return load_16(&frame.head()[udp + udp_checksum]) != 0;
}

// The headers in front of the tunnel's payload are there once; each segment is written as if its
// own began so far before its payload, where the outer ones are not looked at.
bool Segmenter::next_datagrams(FrameBuffer& out) {
  if (!has_next_) {
    return false;
  }
  const std::size_t network = frame_.layout().network();
  const std::size_t inside = network + frame_.tunnel().transport + udp_size;
  const std::size_t datagram_size = headers_.payload - inside + frame_.offload().segment_size;
  const std::size_t room =
      std::min(most_octets_of_ip - (inside - network), FrameBuffer::max_frame_size - inside);
  const std::size_t most = std::min(max_udp_segment_count, room / datagram_size);
  const std::uint16_t first = index_;
  copy_octets(frame_.head().first(inside), out.space().data());
  std::size_t size = inside;
  do {
    const std::span<std::byte> segment = out.space().subspan(size - inside).first(next_size());
    copy_octets(frame_.head().subspan(inside, headers_.payload - inside), &segment[inside]);
    write_next(segment);
    size += segment.size() - inside;
  } while (has_next_ && std::size_t{index_} - first < most);

  const std::span<std::byte> bytes = out.space().first(size);
  if (index_ - first == 1) {
    out.assign(size);
    write_around(bytes, network, frame_.tunnel(), first);
  } else {
    out.assign(size, offload_of_datagrams(inside - udp_size, datagram_size));
    write_around_datagrams(bytes, network, frame_.tunnel(), first);
  }
  out.find_layout();
  out.set_number(number_of(first));
  out.set_mirrored_to(frame_.mirrored_to());
  return true;
}

std::size_t Segmenter::next_size() const {
  const std::size_t left = frame_.size() - headers_.payload - sent_;
  return headers_.payload + std::min<std::size_t>(left, frame_.offload().segment_size);
}

// Writes all but the headers around a tunnel, of which a copy is there.
void Segmenter::write_next(std::span<std::byte> segment) {
  const std::size_t begin = headers_.payload + sent_;
  const std::size_t payload_size = segment.size() - headers_.payload;
  const bool is_last = begin + payload_size == frame_.size();
  frame_.copy(begin, segment.subspan(headers_.payload));
  if (segment.size() == frame_.size() && !frame_.offload().is_tunnelled()) {
    // There was nothing to cut: Linux leaves such a frame as it is but for its checksum.
    Offload unfinished = frame_.offload();
    finish_checksum(segment, unfinished);
  } else {
    write_ip_of_segment(segment, headers_, index_);
    headers_.kind == TransportKind::tcp ? write_tcp(segment, is_last) : write_udp(segment);
  }
  sent_ += payload_size;
  ++index_;
  has_next_ = !is_last;
}

void Segmenter::write_tcp(std::span<std::byte> segment, bool is_last) const {
  const std::span<std::byte> tcp = segment.subspan(headers_.transport);
  const auto advance = static_cast<std::uint32_t>(sent_);
  store_32(&tcp[tcp_sequence], load_32(&tcp[tcp_sequence]) + advance);
  if (!is_last) {
    tcp[tcp_flags] &= ~(tcp_fin | tcp_psh);
  }
  if (index_ != 0) {
    tcp[tcp_flags] &= ~tcp_cwr;
  }
  // The length that the sender put into the sum of the pseudo-header is that of the super-frame.
  ChecksumSum sum;
  sum.subtract(as_word(frame_.size() - headers_.transport));
  sum.add(as_word(tcp.size()));
  sum.add(tcp);
  store_16(&tcp[tcp_checksum], sum.checksum());
}

void Segmenter::write_udp(std::span<std::byte> segment) const {
  const std::span<std::byte> udp = segment.subspan(headers_.transport);
  ChecksumSum sum;
  sum.subtract(load_16(&udp[udp_length]));
  sum.add(as_word(udp.size()));
  store_16(&udp[udp_length], as_word(udp.size()));
  sum.add(udp);
  const std::uint16_t checksum = sum.checksum();
  store_16(&udp[udp_checksum], checksum != 0 ? checksum : 0xffff);
}

}  // namespace tapswitch
