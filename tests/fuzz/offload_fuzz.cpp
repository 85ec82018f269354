// SPDX-License-Identifier: Apache-2.0
// offload_fuzz.cpp: no virtio-net header and no frame, whatever their bytes, upset what reads,
// finishes and cuts them; and what is cut is whole and summed right. The input is the header of ten
// bytes and the frame behind it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/segmentation.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace {

using test::find_headers;
using test::is_consistent;
using test::wire_size;
using Bytes = std::vector<std::byte>;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// Whether words add up to nothing in ones' complement.
bool is_zero(std::uint32_t sum) { return sum % 0xffff == 0; }

void check_finish(std::span<const std::byte> frame, Offload offload) {
  Bytes finished(frame.begin(), frame.end());
  const std::size_t field = std::size_t{offload.checksum_start} + offload.checksum_offset;
  const bool is_summed = offload.needs_checksum;
  finish_checksum(finished, offload);
  require(!offload.needs_checksum);
  // A field that straddles two words of the sum is filled in all the same; nobody can say with
  // what.
  if (is_summed && offload.checksum_offset % 2 == 0) {
    const auto covered = std::span(finished).subspan(offload.checksum_start);
    require(is_zero(test::naive_sum(covered) + load_16(&frame[field])));
  }
}

// The sum of the pseudo-header as it must be for a segment whose transport part has 'size' bytes.
std::uint32_t pseudo_header_sum(std::span<const std::byte> frame, const HeaderLayout& headers,
                                std::size_t size) {
  const bool is_tcp = headers.kind == TransportKind::tcp;
  const auto transport = frame.subspan(headers.transport);
  const std::size_t said_size = is_tcp ? transport.size() : load_16(&transport[4]);
  return static_cast<std::uint32_t>(load_16(&transport[is_tcp ? 16 : 6]) + 0xffff - said_size +
                                    size);
}

void check_segment(std::span<const std::byte> frame, const HeaderLayout& headers,
                   std::span<const std::byte> segment) {
  const bool is_cut = segment.size() < frame.size();
  const auto transport = segment.subspan(headers.transport);
  const auto said_size = is_cut ? transport.size() : load_16(&frame[headers.transport + 4]);
  const std::size_t size = headers.kind == TransportKind::udp ? said_size : transport.size();
  require(is_zero(test::naive_sum(transport) + pseudo_header_sum(frame, headers, size)));
  if (is_cut && !headers.is_ipv6) {
    const auto header = segment.subspan(headers.network, headers.transport - headers.network);
    require(is_zero(test::naive_sum(header)));
  }
}

void check_cut(std::span<const std::byte> frame, const Offload& offload) {
  static FrameBuffer super_frame;
  static FrameBuffer buffer;
  test::fill(super_frame, frame, offload);
  const auto headers = super_frame.layout().headers();
  require(headers.has_value());
  std::span<const std::byte> payload = frame.subspan(headers->payload);
  std::size_t count = 0;
  for (Segmenter segmenter(super_frame, *headers); segmenter.next(buffer); ++count) {
    const auto segment = buffer.head();
    require(segment.size() >= headers->payload && segment.size() <= wire_size(frame, offload));
    const auto piece = segment.subspan(headers->payload);
    require(std::ranges::equal(piece, payload.first(piece.size())));
    payload = payload.subspan(piece.size());
    check_segment(frame, *headers, segment);
  }
  require(payload.empty() && count >= 1 && count <= max_tcp_segment_count);
}

void check(std::span<const std::byte, offload_header_size> header,
           std::span<const std::byte> frame) {
  const auto offload = read_offload(header);
  if (!offload) {
    return;
  }
  std::array<std::byte, offload_header_size> written{};
  write_offload(*offload, written);
  require(std::ranges::equal(written, header));
  if (!is_consistent(frame, *offload)) {
    return;
  }
  if (offload->gso != GsoKind::none) {
    check_cut(frame, *offload);
  }
  check_finish(frame, *offload);
}

}  // namespace
}  // namespace tapswitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapswitch;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (size >= offload_header_size && size - offload_header_size <= FrameBuffer::max_frame_size) {
    check(bytes.first<offload_header_size>(), bytes.subspan(offload_header_size));
  }
  return 0;
}
