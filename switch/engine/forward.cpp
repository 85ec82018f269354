// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/forward.hpp"

#include <optional>

#include "switch/engine/egress_tag.hpp"
#include "switch/forwarding/decide.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/mtu.hpp"

namespace tapswitch {
namespace {

DropReason reason_of(FrameFault fault) {
  return fault == FrameFault::runt ? DropReason::runt : DropReason::tag_truncated;
}

std::optional<DropReason> reason_of(SendStatus status) {
  switch (status) {
    case SendStatus::sent:
      return std::nullopt;
    case SendStatus::link_down:
      return DropReason::link_down;
    case SendStatus::busy:
      return DropReason::busy;
    case SendStatus::refused:
      return DropReason::kernel_refused;
    case SendStatus::gone:
      return DropReason::port_gone;
  }
  return DropReason::kernel_refused;
}

// Sends one frame by one port after the other.
class Sender {
 public:
  Sender(const Picture& picture, std::size_t worker, FrameBuffer& frame,
         const Classification& classification, AddressKind kind)
      : picture_(picture),
        worker_(worker),
        frame_(frame),
        tag_(frame, classification),
        vid_(classification.tag.vid),
        kind_(kind) {}

  void send_by(PortIndex egress) {
    const PortView& view = picture_.snapshot.port(egress);
    const Picture::Slot& slot = picture_.slot(egress);
    PortCounters& counters = slot.counters[worker_];
    counters.out_frames[static_cast<std::size_t>(kind_)].add(1);
    if (view.sends_tagged(vid_)) {
      tag_.put_on();
    } else {
      tag_.take_off();
    }
    const std::span<const std::byte> bytes = frame_.bytes();
    if (exceeds_mtu(bytes, view.mtu())) {
      counters.drop(DropReason::mtu_exceeded);
      return;
    }
    if (const auto reason = reason_of(slot.port->send(frame_))) {
      counters.drop(*reason);
      return;
    }
    counters.out_octets.add(bytes.size());
  }

 private:
  const Picture& picture_;
  std::size_t worker_;
  FrameBuffer& frame_;
  EgressTag tag_;
  VlanId vid_;
  AddressKind kind_;
};

std::size_t flood(const Picture& picture, PortIndex ingress, const Decision& decision,
                  Sender& sender) {
  std::size_t copies = 0;
  for (const PortIndex member : decision.members) {
    if (floods_to(picture.snapshot, ingress, member, decision.flood_kind)) {
      sender.send_by(member);
      ++copies;
    }
  }
  return copies;
}

}  // namespace

std::size_t forward(const Picture& picture, std::size_t worker, PortIndex ingress,
                    FrameBuffer& frame, TimePoint now) {
  PortCounters& counters = picture.slot(ingress).counters[worker];
  counters.in_octets.add(frame.bytes().size());

  const auto view = FrameView::parse(frame.bytes());
  if (!view) {
    counters.drop(reason_of(view.error()));
    return 0;
  }
  const auto classification = classify(picture.snapshot, ingress, *view);
  if (!classification) {
    counters.drop(classification.error());
    return 0;
  }
  const VlanId vid = classification->tag.vid;
  VlanCounters& vlan_counters = picture.vlan_counters[worker][vid];
  vlan_counters.in_frames.add(1);
  vlan_counters.in_octets.add(view->size());

  const PortView& ingress_view = picture.snapshot.port(ingress);
  if (ingress_view.learning()) {
    picture.fdb->learn({vid, view->source()}, ingress, ingress_view.fdb_limit(), now);
  }
  const Decision decision =
      decide(picture.snapshot, *picture.fdb, ingress, *view, *classification, now);
  if (decision.kind == Decision::Kind::drop) {
    counters.drop(decision.reason);
    return 0;
  }

  const AddressKind kind = kind_of(view->destination());
  Sender sender(picture, worker, frame, *classification, kind);
  std::size_t copies = 1;
  if (decision.kind == Decision::Kind::unicast) {
    sender.send_by(decision.egress);
  } else {
    copies = flood(picture, ingress, decision, sender);
  }
  if (copies == 0) {
    counters.drop(DropReason::no_egress);
  } else {
    counters.in_frames[static_cast<std::size_t>(kind)].add(1);
  }
  return copies;
}

}  // namespace tapswitch
