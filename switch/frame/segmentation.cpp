// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/segmentation.hpp"

#include <algorithm>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {

bool Segmenter::next(FrameBuffer& out) {
  if (!has_next_) {
    return false;
  }
  const std::size_t begin = headers_.payload + sent_;
  const std::size_t left = frame_.size() - begin;
  const std::size_t payload_size = std::min<std::size_t>(left, frame_.offload().segment_size);
  const bool is_last = payload_size == left;

  const std::span<std::byte> segment = out.space().first(headers_.payload + payload_size);
  copy_octets(frame_.head().first(headers_.payload), segment.data());
  frame_.copy(begin, segment.subspan(headers_.payload));
  out.assign(segment.size());
  out.set_number(frame_.number() == 0 ? 0 : frame_.number() + index_);

  const bool is_tunnelled = frame_.offload().is_tunnelled;
  if (segment.size() == frame_.size() && !is_tunnelled) {
    // There was nothing to cut: Linux leaves such a frame as it is but for its checksum.
    Offload unfinished = frame_.offload();
    finish_checksum(segment, unfinished);
  } else {
    write_ip_of_segment(segment, headers_, index_);
    headers_.kind == TransportKind::tcp ? write_tcp(segment, is_last) : write_udp(segment);
  }
  if (is_tunnelled) [[unlikely]] {
    write_around(segment, frame_.layout().network(), frame_.tunnel(), index_);
  }
  sent_ += payload_size;
  ++index_;
  has_next_ = !is_last;
  return true;
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
