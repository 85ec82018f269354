// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/forward.hpp"

#include "switch/engine/egress.hpp"

namespace tapswitch {
namespace {

DropReason reason_of(FrameFault fault) {
  return fault == FrameFault::runt ? DropReason::runt : DropReason::tag_truncated;
}

std::size_t flood(const Picture& picture, PortIndex ingress, const Decision& decision,
                  Egress& egress) {
  std::size_t copies = 0;
  for (const PortIndex member : decision.members) {
    if (floods_to(picture.snapshot, ingress, member, decision.flood_kind)) {
      copies += egress.send_by(member);
    }
  }
  return copies;
}

}  // namespace

bool admit(const Picture& picture, std::size_t worker, PortIndex ingress, Arrival& arrival) {
  FrameBuffer& frame = arrival.frame;
  PortCounters& counters = picture.slot(ingress).counters[worker];
  counters.in_octets.add(frame.bytes().size());

  const auto view = FrameView::parse(frame.bytes());
  if (!view) {
    counters.drop(reason_of(view.error()));
    return false;
  }
  frame.find_layout();
  if (!frame.offload().is_plain() &&
      !is_consistent(view->size(), frame.layout(), frame.offload())) {
    counters.drop(DropReason::offload_invalid);
    return false;
  }
  const auto classification = classify(picture.snapshot, ingress, *view);
  if (!classification) {
    counters.drop(classification.error());
    return false;
  }
  const VlanId vid = classification->tag.vid;
  picture.fdb->prefetch({vid, view->source()});
  picture.fdb->prefetch({vid, view->destination()});
  arrival.admission = Arrival::Admission{*view, *classification};
  return true;
}

std::size_t forward(const Picture& picture, std::size_t worker, PortIndex ingress, Arrival& arrival,
                    EgressTools& tools, TimePoint now) {
  const auto& [view, classification] = *arrival.admission;
  PortCounters& counters = picture.slot(ingress).counters[worker];
  const VlanId vid = classification.tag.vid;
  VlanCounters& vlan_counters = picture.vlan_counters[worker][vid];
  vlan_counters.in_frames.add(1);
  vlan_counters.in_octets.add(view.size());

  const PortView& ingress_view = picture.snapshot.port(ingress);
  if (ingress_view.learning()) {
    picture.fdb->learn({vid, view.source()}, ingress, ingress_view.fdb_limit(), now);
  }
  const Decision decision =
      decide(picture.snapshot, *picture.fdb, ingress, view, classification, now);
  if (decision.kind == Decision::Kind::drop) {
    counters.drop(decision.reason);
    return 0;
  }

  const AddressKind kind = kind_of(view.destination());
  const bool is_unicast = decision.kind == Decision::Kind::unicast;
  Egress egress(picture, worker, arrival.frame, tools, classification, kind,
                is_unicast && !picture.slot(ingress).offloads.takes_tcp());
  const std::size_t copies =
      is_unicast ? egress.send_by(decision.egress) : flood(picture, ingress, decision, egress);
  if (copies == 0) {
    counters.drop(DropReason::no_egress);
  } else {
    counters.in_frames[static_cast<std::size_t>(kind)].add(1);
  }
  return copies;
}

}  // namespace tapswitch
