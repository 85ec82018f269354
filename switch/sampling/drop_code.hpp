// SPDX-License-Identifier: Apache-2.0
// drop_code.hpp: the codes that sFlow's "Dropped Packet Notification Structures" have for the
// reasons for which frames are dropped here.
#pragma once

#include <cstdint>

#include "switch/forwarding/drop_reason.hpp"

namespace tapswitch {

// As sflow.org numbers them.
enum class DropCode : std::uint32_t {
  unknown = 256,
  acl = 258,
  no_buffer_space = 259,
  traffic_shaping = 261,
  pkt_too_big = 262,
  src_mac_is_multicast = 263,
  vlan_tag_mismatch = 264,
  ingress_vlan_filter = 265,
  port_list_is_empty = 267,
  port_loopback_filter = 268,
  unknown_l2 = 284,
  dmac_is_reserved = 294,
  egress_vlan_filter = 301,
};

[[nodiscard]] DropCode code_of(DropReason reason);

}  // namespace tapswitch
