// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/big_frame.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "switch/frame/checksum.hpp"
#include "switch/frame/joined_unseen.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::byte options_for_hops{0};
constexpr std::byte jumbo_option{0xc2};  // [RFC 2675]
constexpr std::size_t jumbo_header_size = 8;

// Returns the size of a header for hops that has that option alone, as Linux makes it; else 0.
std::size_t jumbo_size_of(std::span<const std::byte> bytes, const HeaderLayout& headers) {
  const std::span<const std::byte> ip = bytes.subspan(headers.network);
  const bool is_jumbo = headers.is_ipv6 && ip[ipv6_next_header] == options_for_hops &&
                        ip[ipv6_size + 1] == std::byte{0} && ip[ipv6_size + 2] == jumbo_option;
  return is_jumbo ? jumbo_header_size : 0;
}

// Payload of so many whole segments as fit behind such headers.
std::size_t most_payload(const HeaderLayout& headers, std::size_t segment_size) {
  const std::size_t room = most_octets_of_ip - (headers.payload - headers.network);
  return room / segment_size * segment_size;
}

}  // namespace

bool BigFrame::begin(std::span<const std::byte> bytes, const Offload& offload) {
  const std::optional<HeaderLayout> headers = Layout::find(bytes).headers();
  if (!headers || headers->kind != TransportKind::tcp || !offload.needs_checksum ||
      offload.gso != (headers->is_ipv6 ? GsoKind::tcp_ipv6 : GsoKind::tcp_ipv4) ||
      offload.checksum_start != headers->transport || offload.checksum_offset != tcp_checksum ||
      offload.segment_size == 0 || most_payload(*headers, offload.segment_size) == 0) {
    return false;
  }
  bytes_ = bytes;
  offload_ = offload;
  headers_ = *headers;
  summed_size_ = summed_size(bytes, bytes.size(), headers_, offload);
  jumbo_size_ = jumbo_size_of(bytes, headers_);
  sent_ = 0;
  return true;
}

HeaderLayout BigFrame::copy_headers(std::span<std::byte> to) const {
  if (jumbo_size_ == 0) {
    copy_octets(bytes_.first(headers_.payload), to.data());
    return headers_;
  }
  const std::size_t jumbo = headers_.network + ipv6_size;
  copy_octets(bytes_.first(jumbo), to.data());
  to[headers_.network + ipv6_next_header] = bytes_[jumbo];
  copy_octets(bytes_.subspan(jumbo + jumbo_size_, headers_.payload - jumbo - jumbo_size_),
              to.data() + jumbo);
  HeaderLayout headers = headers_;
  headers.transport -= jumbo_size_;
  headers.payload -= jumbo_size_;
  return headers;
}

void BigFrame::next(FrameBuffer& out) {
  assert(has_next());
  const std::size_t left = payload_size() - sent_;
  const std::size_t size = std::min(left, most_payload(headers_, offload_.segment_size));
  const bool is_last = size == left;
  const HeaderLayout headers = copy_headers(out.space());
  const std::span<std::byte> piece = out.space().first(headers.payload + size);
  copy_octets(bytes_.subspan(headers_.payload + sent_, size), piece.data() + headers.payload);
  const std::size_t segments_before = sent_ / offload_.segment_size;
  write_ip_of_segment(piece, headers, as_word(segments_before));
  write_tcp(piece.subspan(headers.transport), is_last);

  Offload offload = offload_;
  offload.has_ecn = offload.has_ecn && sent_ == 0;
  offload.header_size = as_word(headers.payload);
  offload.checksum_start = as_word(headers.transport);
  if (size <= offload.segment_size) {
    offload.forget_segments();
  }
  out.assign(piece.size(), offload);
  sent_ += size;
}

void BigFrame::write_tcp(std::span<std::byte> tcp, bool is_last) const {
  store_32(&tcp[tcp_sequence], load_32(&tcp[tcp_sequence]) + static_cast<std::uint32_t>(sent_));
  if (!is_last) {
    tcp[tcp_flags] &= ~(tcp_fin | tcp_psh);
  }
  if (sent_ != 0) {
    tcp[tcp_flags] &= ~tcp_cwr;
  }
  // The sum of the pseudo-header has a length that takes more than a word.
  ChecksumSum sum;
  sum.add(load_16(&tcp[tcp_checksum]));
  sum.subtract(as_word(summed_size_));
  sum.subtract(as_word(summed_size_ >> 16));
  sum.add(as_word(tcp.size()));
  store_16(&tcp[tcp_checksum], sum.folded());
}

}  // namespace tapswitch
