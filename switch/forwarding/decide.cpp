// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/decide.hpp"

namespace tapswitch {
namespace {

std::optional<DropReason> refuse_addresses(const SwitchRule& rule, const FrameView& frame) {
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
bool names_vlan(const std::optional<VlanTag>& tag) { return tag && tag->vid != no_vlan; }

std::optional<DropReason> refuse_kind(const PortView& port, bool is_tagged) {
  if (is_tagged && port.acceptable() == AcceptableFrames::untagged) {
    return DropReason::tagged_refused;
  }
  if (!is_tagged && (port.acceptable() == AcceptableFrames::tagged || port.pvid() == no_vlan)) {
    return DropReason::untagged_refused;
  }
  return std::nullopt;
}

// The tag of a frame that came in without the tag of its VLAN.
VlanTag new_tag(const PortView& port) {
  return {.type = port.is_tunnel() ? port.tunnel_type() : TagType::customer, .vid = port.pvid()};
}

std::optional<DropReason> refuse_egress(const Snapshot& snapshot, PortIndex ingress,
                                        PortIndex egress, VlanId vid) {
  const PortView& port = snapshot.port(egress);
  if (egress == ingress && !port.hairpin()) {
    return DropReason::same_port;
  }
  if (egress != ingress && port.isolated() && snapshot.port(ingress).isolated()) {
    return DropReason::isolated;
  }
  if (!port.carries(vid)) {
    return DropReason::egress_vlan_not_allowed;
  }
  return std::nullopt;
}

}  // namespace

Decision Decision::drop(DropReason reason) { return {.kind = Kind::drop, .reason = reason}; }

Decision Decision::unicast(PortIndex egress) { return {.kind = Kind::unicast, .egress = egress}; }

Decision Decision::flood(FloodKind kind, std::span<const PortIndex> members) {
  return {.kind = Kind::flood, .flood_kind = kind, .members = members};
}

boost::system::result<Classification, DropReason> classify(const Snapshot& snapshot,
                                                           PortIndex ingress,
                                                           const FrameView& frame) {
  if (const auto reason = refuse_addresses(snapshot.rule(), frame)) {
    return *reason;
  }
  const PortView& port = snapshot.port(ingress);
  const std::optional<VlanTag> tag = frame.tag();
  if (port.is_tunnel()) {
    if (const auto reason = refuse_kind(port, names_vlan(tag))) {
      return *reason;
    }
    return Classification{.tag = new_tag(port), .has_tag = false};
  }
  if (tag && tag->vid == reserved_vlan) {
    return DropReason::vlan_reserved;
  }
  if (const auto reason = refuse_kind(port, names_vlan(tag))) {
    return *reason;
  }
  Classification result{.tag = tag.value_or(new_tag(port)), .has_tag = tag.has_value()};
  if (result.tag.vid == no_vlan) {
    result.tag.vid = port.pvid();
  }
  if (!port.carries(result.tag.vid)) {
    return DropReason::vlan_not_allowed;
  }
  return result;
}

Decision decide(const Snapshot& snapshot, const Fdb& fdb, PortIndex ingress, const FrameView& frame,
                const Classification& classification, TimePoint now) {
  const VlanId vid = classification.tag.vid;
  const MacAddress destination = frame.destination();
  if (destination.is_group()) {
    const auto kind = destination.is_broadcast() ? FloodKind::broadcast : FloodKind::multicast;
    return Decision::flood(kind, snapshot.flood_list(vid));
  }
  const std::optional<PortIndex> egress = fdb.find({vid, destination}, now);
  if (!egress || !snapshot.has_port(*egress)) {
    return Decision::flood(FloodKind::unknown_unicast, snapshot.flood_list(vid));
  }
  if (const auto reason = refuse_egress(snapshot, ingress, *egress, vid)) {
    return Decision::drop(*reason);
  }
  return Decision::unicast(*egress);
}

bool floods_to(const Snapshot& snapshot, PortIndex ingress, PortIndex egress, FloodKind kind) {
  const PortView& port = snapshot.port(egress);
  if (egress == ingress && !port.hairpin()) {
    return false;
  }
  if (egress != ingress && port.isolated() && snapshot.port(ingress).isolated()) {
    return false;
  }
  switch (kind) {
    case FloodKind::unknown_unicast:
      return port.flood().unknown_unicast;
    case FloodKind::multicast:
      return port.flood().multicast;
    case FloodKind::broadcast:
      return port.flood().broadcast;
  }
  return false;
}

}  // namespace tapswitch
