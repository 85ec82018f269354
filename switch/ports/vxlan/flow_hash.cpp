// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/flow_hash.hpp"

#include <cstddef>
#include <cstring>
#include <span>

#include "switch/frame/mac_address.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t ipv4_address_size = 4;
constexpr std::size_t size_of_ports = 4;

class FlowSum {
 public:
  // 'octets' are at most 32, and even in number.
  void add(std::span<const std::byte> octets) noexcept {
    for (; octets.size() >= sizeof(std::uint64_t); octets = octets.subspan(sizeof(std::uint64_t))) {
      mix(octets.first(sizeof(std::uint64_t)));
    }
    mix(octets);
  }

  [[nodiscard]] std::uint32_t folded() const noexcept {
    return static_cast<std::uint32_t>(sum_ >> 32);
  }

 private:
  void mix(std::span<const std::byte> octets) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), octets.size());
    sum_ = (sum_ ^ word ^ sum_ >> 29) * 0x9e37'79b9'7f4a'7c15;
  }

  std::uint64_t sum_ = 0x9e37'79b9'7f4a'7c15;
};

}  // namespace

std::uint32_t flow_hash(const FrameBuffer& frame) noexcept {
  const std::span<const std::byte> head = frame.head();
  const Layout& layout = frame.layout();
  const std::size_t network = layout.network();
  FlowSum sum;
  const std::uint16_t type = network == 0 ? std::uint16_t{0} : load_16(&head[network - 2]);
  if (type == ether_type_ipv4 && head.size() >= network + ipv4_addresses + 2 * ipv4_address_size) {
    sum.add(head.subspan(network + ipv4_addresses, 2 * ipv4_address_size));
  } else if (type == ether_type_ipv6 && head.size() >= network + ipv6_size) {
    sum.add(head.subspan(network + ipv6_addresses, 2 * ipv6_address_size));
  } else {
    sum.add(head.first(2 * MacAddress::size));
  }
  if (const auto headers = layout.headers()) {
    sum.add(head.subspan(headers->transport, size_of_ports));
  }
  return sum.folded();
}

}  // namespace tapswitch
