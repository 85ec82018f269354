// SPDX-License-Identifier: Apache-2.0
// drop_reason.hpp: every reason for which tapswitch drops a frame, with its name in the control
// protocol and a sentence for people. A new reason is one line in the list below.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tapswitch {

// Reasons up to 'no_egress' are counted at the port where the frame came in, the others at the port
// where it should have left; 'oversize' there too, if it is the tag that makes the frame too long.
// Those of conditions are counted at the port that has them, in whichever direction.
enum class DropReason : std::uint8_t {
  runt,
  oversize,
  tag_truncated,
  offload_invalid,
  framing_invalid,
  encapsulation_invalid,
  foreign_sender,
  foreign_vni,
  group_source,
  zero_source,
  reserved_address,
  vlan_reserved,
  tagged_refused,
  untagged_refused,
  vlan_not_allowed,
  same_port,
  isolated,
  split_horizon,
  egress_vlan_not_allowed,
  mirror_destination,
  storm_control,
  stp_discarding,
  no_egress,

  mtu_exceeded,
  link_down,
  busy,
  kernel_refused,
  port_gone,

  condition_loss,
  condition_queue_full,
};

constexpr std::size_t drop_reason_count =
    static_cast<std::size_t>(DropReason::condition_queue_full) + 1;

struct DropReasonText {
  std::string_view name;         // in statistics, events and traces
  std::string_view description;  // one sentence, without a full stop
};

// Indexed by DropReason.
// clang-format off
constexpr std::array<DropReasonText, drop_reason_count> drop_reasons = {{
    {"runt",                    "shorter than an Ethernet header"},
    {"oversize",                "longer than the largest frame the switch takes, or would be with the tag it should leave with"},
    {"tag_truncated",           "announces a VLAN tag but ends before the EtherType behind it"},
    {"offload_invalid",         "what its virtio-net header says does not fit the frame"},
    {"framing_invalid",         "the length before it on a stream makes no sense, or the stream ended within it"},
    {"encapsulation_invalid",   "a datagram without the header of the port's tunnel, or without a VNI in it"},
    {"foreign_sender",          "came to the socket of a port from another address than its remote"},
    {"foreign_vni",             "is of another virtual network than the port it came in by"},
    {"group_source",            "the source address is a group address"},
    {"zero_source",             "the source address is all zero"},
    {"reserved_address",        "sent to 01-80-C2-00-00-0X, which a bridge does not relay unless forward_reserved says so"},
    {"vlan_reserved",           "tagged with VID 4095, which 802.1Q reserves"},
    {"tagged_refused",          "tagged, on a port that accepts only untagged frames"},
    {"untagged_refused",        "untagged, on a port that accepts only tagged frames or has no native VLAN"},
    {"vlan_not_allowed",        "its VLAN is not allowed on the port it came in by"},
    {"same_port",               "its destination is on the port it came in by, and hairpin is off there"},
    {"isolated",                "its destination is on a port that is isolated from the port it came in by"},
    {"split_horizon",           "came in by a tunnel, and its destination is behind another one"},
    {"egress_vlan_not_allowed", "its VLAN is not allowed on the port of its destination"},
    {"mirror_destination",      "came in by the destination of a mirror, which sends nothing in"},
    {"storm_control",           "beyond what storm control lets in of broadcasts, multicasts or unknown unicasts by the port it came in by"},
    {"stp_discarding",          "the spanning tree does not let it by the port it came in by, or by that of its destination"},
    {"no_egress",               "to be flooded, but no other port takes it"},
    {"mtu_exceeded",            "longer than the MTU of the port it should leave by"},
    {"link_down",               "the port it should leave by is down or unplugged, or nobody is there; or the one it came in by is unplugged"},
    {"busy",                    "the other end of the port it should leave by has no room now"},
    {"kernel_refused",          "the kernel refused to take it at the port it should leave by"},
    {"port_gone",               "the port it should leave by has lost its device"},
    {"condition_loss",          "lost on purpose, by the conditions of the port"},
    {"condition_queue_full",    "too many bytes wait already under the conditions of the port"},
}};
// clang-format on

constexpr const DropReasonText& text_of(DropReason reason) {
  return drop_reasons[static_cast<std::size_t>(reason)];
}

constexpr bool is_counted_at_ingress(DropReason reason) { return reason <= DropReason::no_egress; }

}  // namespace tapswitch
