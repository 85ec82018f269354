// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/punt.hpp"

#include <optional>

namespace tapswitch {
namespace {

constexpr std::uint8_t protocol_igmp = 2;
constexpr std::uint8_t protocol_icmp_ipv6 = 58;

// Query, report and done of MLDv1, report of MLDv2, among the types of ICMPv6.
bool is_mld_type(std::uint8_t type) {
  constexpr std::uint8_t first = 130;
  constexpr std::uint8_t last = 132;
  constexpr std::uint8_t report_of_version_2 = 143;
  return (type >= first && type <= last) || type == report_of_version_2;
}

bool is_mld(const FrameView& frame, const Layout& layout) {
  const std::optional<std::size_t> icmp = layout.transport(protocol_icmp_ipv6);
  return icmp && is_mld_type(std::to_integer<std::uint8_t>(frame.bytes()[*icmp]));
}

}  // namespace

PuntKind punt_kind(const PuntSet& punts, const FrameView& frame, const Layout& layout) {
  const MacAddress destination = frame.destination();
  if (destination.is_reserved()) {
    const bool is_punted = (punts.reserved >> (destination.bits() & 0xf) & 1) != 0;
    return is_punted ? PuntKind::link : PuntKind::none;
  }
  if ((punts.igmp && layout.transport(protocol_igmp)) || (punts.mld && is_mld(frame, layout))) {
    return PuntKind::group;
  }
  return PuntKind::none;
}

}  // namespace tapswitch
