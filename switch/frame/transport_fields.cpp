// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/transport_fields.hpp"

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {

void write_ip_length(std::span<std::byte> frame, const HeaderLayout& headers) {
  const std::span<std::byte> ip = frame.subspan(headers.network);
  if (headers.is_ipv6) {
    store_16(&ip[ipv6_payload_length], as_word(ip.size() - ipv6_size));
    return;
  }
  store_16(&ip[ipv4_total_length], as_word(ip.size()));
  store_16(&ip[ipv4_checksum], 0);
  ChecksumSum sum;
  sum.add(ip.first(headers.transport - headers.network));
  store_16(&ip[ipv4_checksum], sum.checksum());
}

void write_ip_of_segment(std::span<std::byte> segment, const HeaderLayout& headers,
                         std::uint16_t index) {
  if (!headers.is_ipv6) {
    std::byte* const field = &segment[headers.network + ipv4_identification];
    store_16(field, as_word(load_16(field) + std::size_t{index}));
  }
  write_ip_length(segment, headers);
}

}  // namespace tapswitch
