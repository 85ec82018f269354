// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/joined_unseen.hpp"

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {

// The two lengths differ by less than 65,535, so that their sums are two.
std::size_t summed_size(std::span<const std::byte> head, std::size_t size,
                        const HeaderLayout& headers, const Offload& offload) {
  const std::size_t whole = size - headers.transport;
  const std::size_t first = headers.payload - headers.transport + offload.segment_size;
  if (first >= whole) {
    return whole;
  }
  const std::uint16_t stated = load_16(&head[headers.transport + checksum_offset_in(headers.kind)]);
  return stated == sum_of_pseudo_header(head, headers, first).folded() ? first : whole;
}

void sum_whole(std::span<std::byte> head, std::size_t size, const HeaderLayout& headers,
               const Offload& offload) {
  const std::size_t whole = size - headers.transport;
  const std::size_t summed = summed_size(head, size, headers, offload);
  if (summed == whole) [[likely]] {
    return;
  }
  std::byte* const field = &head[headers.transport + checksum_offset_in(headers.kind)];
  ChecksumSum sum;
  sum.add(load_16(field));
  sum.subtract(as_word(summed));
  sum.add(as_word(whole));
  store_16(field, sum.folded());
}

void leave_checksums_unfinished(std::span<std::byte> head, std::size_t size,
                                const HeaderLayout& headers, Offload& offload) {
  const std::uint16_t offset = checksum_offset_in(headers.kind);
  store_16(&head[headers.transport + offset],
           sum_of_pseudo_header(head, headers, size - headers.transport).folded());
  offload.needs_checksum = true;
  offload.is_verified = false;
  offload.checksum_start = as_word(headers.transport);
  offload.checksum_offset = offset;
}

}  // namespace tapswitch
