// SPDX-License-Identifier: Apache-2.0
#include "control/network/tag_room.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "switch/frame/vlan_tag.hpp"

namespace tapswitch::network {
namespace {

bool is_tunnel_of_such_tags(const RunningPort& port) {
  const VlanRule& vlan = port.spec.rule.vlan;
  return vlan.mode == PortMode::tunnel && vlan.tunnel_type != TagType::customer;
}

bool is_trunk_that_counts_them(const RunningPort& port) {
  return port.spec.rule.vlan.mode == PortMode::trunk && port.port->counts_service_tags();
}

// A port without an MTU takes frames of any length; what comes in by it is mostly no longer than
// Ethernet's.
std::uint32_t mtu_of(const RunningPort& port) {
  constexpr std::uint32_t usual = 1500;
  return port.seen.mtu != 0 ? port.seen.mtu : usual;
}

bool has_no_room(const RunningPort& tunnel, const RunningPort& trunk) {
  const VlanId vid = tunnel.spec.rule.vlan.pvid;
  const VlanRule& vlan = trunk.spec.rule.vlan;
  return vlan.carries(vid) && vlan.untagged_vid() != vid &&
         mtu_of(tunnel) + VlanTag::size > mtu_of(trunk);
}

std::string remark(const RunningPort& tunnel, const RunningPort& trunk) {
  return fmt::format(
      "frames of port '{}' leave by port '{}' with a tag of {:#06x}, which the kernel counts "
      "against the MTU of '{}': of full frames it takes those of TCP and UDP, and others are "
      "mtu_exceeded; set it to {}, at both ends",
      tunnel.spec.name, trunk.spec.name, static_cast<unsigned>(tunnel.spec.rule.vlan.tunnel_type),
      trunk.seen.interface, mtu_of(tunnel) + VlanTag::size);
}

}  // namespace

std::vector<std::string> tag_room_remarks(const Network& network, const RunningPort& port) {
  std::vector<std::string> remarks;
  const bool is_tunnel = is_tunnel_of_such_tags(port);
  if (!is_tunnel && !is_trunk_that_counts_them(port)) {
    return remarks;
  }
  for (const auto& [index, name] : port.home->port_names) {
    const RunningPort& other = network.ports().at(name);
    const bool meet = is_tunnel ? is_trunk_that_counts_them(other) : is_tunnel_of_such_tags(other);
    const RunningPort& tunnel = is_tunnel ? port : other;
    const RunningPort& trunk = is_tunnel ? other : port;
    if (meet && has_no_room(tunnel, trunk)) {
      remarks.push_back(remark(tunnel, trunk));
      if (remarks.size() == most_remarks) {
        break;
      }
    }
  }
  return remarks;
}

}  // namespace tapswitch::network
