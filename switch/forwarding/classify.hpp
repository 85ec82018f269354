// SPDX-License-Identifier: Apache-2.0
// classify.hpp: to which VLAN a frame belongs that came in, or why it goes no further: the ingress
// rules of 802.1Q. As pure as decide.hpp.
//
// It is inlined by force for the compiler to keep the result in registers: written to memory in
// parts and read back whole, it makes the decision a sixth slower.
#pragma once

#include <optional>

#include <boost/system/result.hpp>

#include "switch/forwarding/drop_reason.hpp"
#include "switch/forwarding/snapshot.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

// The VLAN a frame belongs to, found at ingress [802.1Q 6.9.1, 8.6.2].
struct Classification {
  // The tag with which the frame leaves where its VLAN is tagged; tag.vid is its VLAN, 1 to 4094.
  VlanTag tag;
  // Whether the outermost tag that the frame has now is to be replaced by 'tag' (or taken off);
  // otherwise 'tag' goes in front of what is there.
  bool has_tag = false;
};

namespace ingress {

inline std::optional<DropReason> refuse_addresses(const SwitchRule& rule, const FrameView& frame) {
  const MacAddress source = frame.source();
  if (source.is_group()) {
    return DropReason::group_source;
  }
  if (source.is_zero()) {
    return DropReason::zero_source;
  }
  const MacAddress destination = frame.destination();
  if (destination.is_reserved() && !rule.forwards_reserved(destination)) {
    return DropReason::reserved_address;
  }
  return std::nullopt;
}

// A tag with VID 0 says only a priority: such a frame counts as untagged [802.1Q 6.9].
inline bool names_vlan(const std::optional<VlanTag>& tag) { return tag && tag->vid != no_vlan; }

inline std::optional<DropReason> refuse_kind(const PortView& port, bool is_tagged) {
  if (is_tagged && port.acceptable() == AcceptableFrames::untagged) {
    return DropReason::tagged_refused;
  }
  if (!is_tagged && (port.acceptable() == AcceptableFrames::tagged || port.pvid() == no_vlan)) {
    return DropReason::untagged_refused;
  }
  return std::nullopt;
}

// The tag of a frame that came in without the tag of its VLAN.
inline VlanTag new_tag(const PortView& port) {
  return {.type = port.is_tunnel() ? port.tunnel_type() : TagType::customer, .vid = port.pvid()};
}

}  // namespace ingress

// Checks the source and the tag and finds the VLAN, or says why the frame goes no further.
[[nodiscard, gnu::always_inline]] inline boost::system::result<Classification, DropReason> classify(
    const Snapshot& snapshot, PortIndex index, const FrameView& frame) {
  if (const auto reason = ingress::refuse_addresses(snapshot.rule(), frame)) {
    return *reason;
  }
  const PortView& port = snapshot.port(index);
  std::optional<VlanTag> tag = frame.tag();
  if (port.is_tunnel()) {
    if (const auto reason = ingress::refuse_kind(port, ingress::names_vlan(tag))) {
      return *reason;
    }
    return Classification{.tag = ingress::new_tag(port), .has_tag = false};
  }
  if (port.has_vendor_type() && frame.announces(port.vendor_type())) [[unlikely]] {
    if (!frame.has_room_for_tag()) {
      return DropReason::tag_truncated;
    }
    tag = frame.as_tag();
  }
  if (tag && tag->vid == reserved_vlan) {
    return DropReason::vlan_reserved;
  }
  if (const auto reason = ingress::refuse_kind(port, ingress::names_vlan(tag))) {
    return *reason;
  }
  Classification result{.tag = tag.value_or(ingress::new_tag(port)), .has_tag = tag.has_value()};
  if (result.tag.vid == no_vlan) {
    result.tag.vid = port.pvid();
  }
  if (!port.carries(result.tag.vid)) {
    return DropReason::vlan_not_allowed;
  }
  return result;
}

}  // namespace tapswitch
