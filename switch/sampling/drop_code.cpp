// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/drop_code.hpp"

namespace tapswitch {

DropCode code_of(DropReason reason) {
  switch (reason) {
    case DropReason::runt:
    case DropReason::tag_truncated:
    case DropReason::offload_invalid:
    case DropReason::framing_invalid:
    case DropReason::encapsulation_invalid:
    case DropReason::zero_source:
    case DropReason::link_down:
    case DropReason::port_gone:
      return DropCode::unknown_l2;
    case DropReason::oversize:
    case DropReason::mtu_exceeded:
      return DropCode::pkt_too_big;
    case DropReason::group_source:
      return DropCode::src_mac_is_multicast;
    case DropReason::reserved_address:
      return DropCode::dmac_is_reserved;
    case DropReason::vlan_reserved:
    case DropReason::tagged_refused:
    case DropReason::vlan_not_allowed:
      return DropCode::ingress_vlan_filter;
    case DropReason::untagged_refused:
      return DropCode::vlan_tag_mismatch;
    case DropReason::same_port:
      return DropCode::port_loopback_filter;
    case DropReason::foreign_sender:
    case DropReason::foreign_vni:
    case DropReason::isolated:
    case DropReason::split_horizon:
    case DropReason::mirror_destination:
    case DropReason::stp_discarding:
      return DropCode::acl;
    case DropReason::egress_vlan_not_allowed:
      return DropCode::egress_vlan_filter;
    case DropReason::no_egress:
      return DropCode::port_list_is_empty;
    case DropReason::busy:
    case DropReason::condition_queue_full:
      return DropCode::no_buffer_space;
    case DropReason::storm_control:
    case DropReason::condition_loss:
      return DropCode::traffic_shaping;
    case DropReason::kernel_refused:
      return DropCode::unknown;
  }
  return DropCode::unknown;
}

}  // namespace tapswitch
