// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/decide.hpp"

namespace tapswitch {
namespace {

// Why two ports exchange no frames, whatever these are; nullopt: they do.
std::optional<DropReason> refuse_pair(const Snapshot& snapshot, PortIndex ingress,
                                      PortIndex egress) {
  const PortView& port = snapshot.port(egress);
  if (egress == ingress) {
    return port.hairpin() ? std::nullopt : std::optional(DropReason::same_port);
  }
  if (port.isolated() && snapshot.port(ingress).isolated()) {
    return DropReason::isolated;
  }
  if (port.split_horizon() && snapshot.port(ingress).split_horizon()) {
    return DropReason::split_horizon;
  }
  return std::nullopt;
}

std::optional<DropReason> refuse_egress(const Snapshot& snapshot, PortIndex ingress,
                                        PortIndex egress, VlanId vid) {
  if (const auto reason = refuse_pair(snapshot, ingress, egress)) {
    return reason;
  }
  if (!snapshot.port(egress).carries(vid)) {
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
  if (refuse_pair(snapshot, ingress, egress)) {
    return false;
  }
  const PortView& port = snapshot.port(egress);
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

std::optional<FloodKind> storm_class(MacAddress destination, const Decision& decision) {
  if (decision.kind == Decision::Kind::drop || destination.is_reserved()) {
    return std::nullopt;
  }
  if (destination.is_group()) {
    return destination.is_broadcast() ? FloodKind::broadcast : FloodKind::multicast;
  }
  return decision.kind == Decision::Kind::flood ? std::optional(FloodKind::unknown_unicast)
                                                : std::nullopt;
}

}  // namespace tapswitch
