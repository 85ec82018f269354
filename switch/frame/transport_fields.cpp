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

}  // namespace tapswitch
