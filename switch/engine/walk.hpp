// SPDX-License-Identifier: Apache-2.0
// walk.hpp: the way of one frame through a switch, from the buffer it was received in to the ports
// it leaves by:
//
//   admit (parse, classify, observe), learn, decide, limit, tag, cut, leave
//
// What happens at each step is up to 'Steps': a worker's (worker_steps.hpp) count, learn and send,
// and those of frame.trace tell what would happen. There is no second way.
//
// Theory of operation: the way has two halves. admit() finds out what depends on the frame and the
// rules alone, and lets the processor fetch from memory what the FDB holds about its two stations.
// forward() learns and decides, for one frame after the other in the order in which they came. A
// worker with many frames before it admits several and then forwards them: in a large FDB each
// would otherwise wait for memory by itself.
// There is one copy of the frame, edited in place for the next port. A checksum that was finished
// for one port is right for all others too; a super-frame is cut into a second buffer, and stays
// whole for ports that take it so.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "switch/engine/counters.hpp"
#include "switch/engine/egress_tag.hpp"
#include "switch/engine/picture.hpp"
#include "switch/forwarding/decide.hpp"
#include "switch/forwarding/punt.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/mtu.hpp"
#include "switch/frame/segmentation.hpp"

namespace tapswitch {

// A frame that was received, and what admit() found out about it.
struct Arrival {
  struct Admission {
    FrameView view;
    Classification classification;
    PuntKind punt = PuntKind::none;
  };

  FrameBuffer frame;
  std::optional<Admission> admission;
};

// Why 'frame', with the tag that a port of 'state' wants, is too long to leave by it: the one place
// where the length of an edited frame is checked. Nullopt: it is not.
[[nodiscard]] inline std::optional<DropReason> refuse_length(const FrameBuffer& frame,
                                                             const PortState& state) {
  if (exceeds_mtu(frame.layout(), frame.wire_size(), state.mtu)) {
    return DropReason::mtu_exceeded;
  }
  return frame.is_oversize() ? std::optional(DropReason::oversize) : std::nullopt;
}

// Steps, in the order in which a frame comes by them:
//   void arrived(const FrameBuffer&)              whatever it may be
//   void parsed(const FrameView&, size)           it is a frame
//   optional<DropReason> observed(FrameBuffer&, VlanId)  of a VLAN, or of none
//   void classified(const FrameView&, const Classification&)
//   void entered(VlanId, size)                    begins the second half
//   Learned learn(Station, const PortView&)       also where the port does not learn
//   const Fdb& fdb()                              as it is then
//   void decides(const FrameView&, VlanId)        before the decision
//   void decided(const Decision&)
//   bool is_limited(FloodKind, const FrameBuffer&)  where the port has storm control: it drops it
//   void punt(FrameBuffer&, VlanId, optional<Learned>)  which may make it whole
//   void drop(DropReason, const FrameBuffer&, VlanId)  at the port it came in by
//   void refuse(PortIndex, AddressKind, DropReason, const FrameBuffer&)  at one it should leave by
//   void leave(PortIndex, AddressKind, FrameBuffer&, bool may_be_held)
//   void cuts(PortIndex, FrameBuffer&)            its segments leave, by ones or by several
//   void leave_cut(PortIndex, AddressKind, FrameBuffer&)  one segment of it, or several together
//   FrameBuffer& segment()                        the second buffer
//   void crossed(AddressKind)                     it left, or was to leave, by a port
template <typename Steps>
class Walk {
 public:
  // A frame that came in by 'ingress'. All must outlive the walk.
  Walk(const Picture& picture, PortIndex ingress, Steps& steps)
      : picture_(picture), snapshot_(*picture.snapshot), ingress_(ingress), steps_(steps) {}

  // False: the frame goes no further.
  bool admit(Arrival& arrival) {
    FrameBuffer& frame = arrival.frame;
    steps_.arrived(frame);
    if (picture_.slot(ingress_).state.link == PortLink::unplugged) [[unlikely]] {
      return drop(DropReason::link_down, frame);
    }
    const auto view = FrameView::parse(frame.head());
    if (!view) {
      return drop(view.error() == FrameFault::runt ? DropReason::runt : DropReason::tag_truncated,
                  frame);
    }
    frame.find_layout();
    if (!frame.offload().is_plain() && !frame.check_offload()) {
      return drop(DropReason::offload_invalid, frame);
    }
    steps_.parsed(*view, frame.size());
    const Classified classified = classify(snapshot_, ingress_, *view);
    const VlanId vid = classified ? classified->tag.vid : no_vlan;
    if (const auto reason = steps_.observed(frame, vid)) {
      return drop(*reason, frame, vid);
    }
    return enter_or_drop(arrival, *view, classified);
  }

  // Admits a frame anew that was admitted by another picture, or takes its admission away.
  void admit_again(Arrival& arrival) {
    if (const auto before = std::exchange(arrival.admission, std::nullopt)) {
      (void)enter_or_drop(arrival, before->view, classify(snapshot_, ingress_, before->view));
    }
  }

  // Forwards a frame that was admitted by the same picture; its contents are unspecified
  // afterwards. Returns how many frames were sent or refused, which is what it cost.
  std::size_t forward(Arrival& arrival) {
    const Arrival::Admission& admission = *arrival.admission;
    const FrameView& view = admission.view;
    const Classification& classification = admission.classification;
    const VlanId vid = classification.tag.vid;
    steps_.entered(vid, arrival.frame.size());
    const std::optional<Learned> learned =
        steps_.learn({vid, view.source()}, snapshot_.port(ingress_));
    if (!picture_.slot(ingress_).forwards) [[unlikely]] {
      return keep_out(arrival, learned);
    }
    steps_.decides(view, vid);
    const Decision decision =
        decide(snapshot_, steps_.fdb(), ingress_, view, classification, steps_.now());
    steps_.decided(decision);
    const bool is_punted = admission.punt != PuntKind::none;
    if (is_punted) [[unlikely]] {
      steps_.punt(arrival.frame, vid, learned);
    }
    if (snapshot_.port(ingress_).has_storm_rule() && is_beyond_limit(arrival, decision))
        [[unlikely]] {
      drop(DropReason::storm_control, arrival.frame, vid);
      return 0;
    }
    const AddressKind kind = kind_of(view.destination());
    const std::size_t copies = send(arrival.frame, classification, kind, decision);
    if (copies > 0 || is_punted) {
      steps_.crossed(kind);
    } else {
      drop(reason_of(decision), arrival.frame, vid);
    }
    return copies;
  }

 private:
  // All copies of a frame have these in common.
  struct Outgoing {
    FrameBuffer& frame;
    EgressTag tag;
    VlanId vid;
    AddressKind kind;
    bool may_be_held;  // it leaves by one port alone
    // No kernel finds what is left unfinished behind such a tag.
    bool has_vendor_type;
  };

  static constexpr Offload datagrams{.needs_checksum = true, .gso = GsoKind::udp};

  using Classified = decltype(classify(std::declval<const Snapshot&>(), PortIndex(),
                                       std::declval<const FrameView&>()));

  bool drop(DropReason reason, const FrameBuffer& frame, VlanId vid = no_vlan) {
    steps_.drop(reason, frame, vid);
    return false;
  }

  [[gnu::always_inline]] bool enter_or_drop(Arrival& arrival, const FrameView& view,
                                            const Classified& classification) {
    const SwitchRule& rule = snapshot_.rule();
    const PuntKind punt = rule.punts.is_empty()
                              ? PuntKind::none
                              : punt_kind(rule.punts, view, arrival.frame.layout());
    if (!classification) {
      // A frame that concerns the link alone needs no VLAN; a source that is no station's makes it
      // void.
      const DropReason reason = classification.error();
      if (punt == PuntKind::link && reason != DropReason::group_source &&
          reason != DropReason::zero_source) {
        steps_.punt(arrival.frame, no_vlan, std::nullopt);
        steps_.crossed(kind_of(view.destination()));
        return false;
      }
      return drop(reason, arrival.frame);
    }
    if (classification->has_tag && is_vendors(classification->tag.type)) [[unlikely]] {
      arrival.frame.find_layout_behind_vendor_tag();
    }
    steps_.classified(view, *classification);
    arrival.admission = Arrival::Admission{view, *classification, punt};
    return true;
  }

  // Why a frame has left by no port.
  static DropReason reason_of(const Decision& decision) {
    switch (decision.kind) {
      case Decision::Kind::drop:
        return decision.reason;
      case Decision::Kind::unicast:
        return DropReason::stp_discarding;
      case Decision::Kind::flood:
        break;
    }
    return DropReason::no_egress;
  }

  // Ends the way of a frame that came in by a port which does not forward. Returns what it cost.
  [[gnu::noinline]] std::size_t keep_out(Arrival& arrival, std::optional<Learned> learned) {
    const Arrival::Admission& admission = *arrival.admission;
    const VlanId vid = admission.classification.tag.vid;
    if (admission.punt == PuntKind::none) {
      drop(DropReason::stp_discarding, arrival.frame, vid);
    } else {
      steps_.punt(arrival.frame, vid, learned);
      steps_.crossed(kind_of(admission.view.destination()));
    }
    return 0;
  }

  [[gnu::noinline]] bool is_beyond_limit(const Arrival& arrival, const Decision& decision) {
    const auto kind = storm_class(arrival.admission->view.destination(), decision);
    return kind && steps_.is_limited(*kind, arrival.frame);
  }

  std::size_t send(FrameBuffer& frame, const Classification& classification, AddressKind kind,
                   const Decision& decision) {
    Outgoing out{.frame = frame,
                 .tag = EgressTag(frame, classification),
                 .vid = classification.tag.vid,
                 .kind = kind,
                 .may_be_held = false,
                 .has_vendor_type = is_vendors(classification.tag.type)};
    switch (decision.kind) {
      case Decision::Kind::drop:
        return 0;
      case Decision::Kind::unicast:
        out.may_be_held = !picture_.slot(ingress_).offloads.takes_tcp();
        return send_by(decision.egress, out);
      case Decision::Kind::flood:
        break;
    }
    std::size_t copies = 0;
    for (const PortIndex member : decision.members) {
      if (floods_to(snapshot_, ingress_, member, decision.flood_kind)) {
        copies += send_by(member, out);
      }
    }
    return copies;
  }

  // Returns how many frames were sent or refused: the segments of a super-frame each count. A port
  // that does not forward is passed over.
  std::size_t send_by(PortIndex port, Outgoing& out) {
    const Picture::Slot& slot = picture_.slot(port);
    const PortView& view = snapshot_.port(port);
    if (view.sends_tagged(out.vid)) {
      out.tag.put_on();
    } else {
      out.tag.take_off();
    }
    FrameBuffer& frame = out.frame;
    if (!slot.lets_out) [[unlikely]] {
      if (!slot.forwards) {
        return 0;
      }
      steps_.refuse(port, out.kind, DropReason::link_down, frame);
      return 1;
    }
    if (const auto reason = refuse_length(frame, slot.state)) {
      steps_.refuse(port, out.kind, *reason, frame);
      return 1;
    }
    const bool is_unreadable = out.has_vendor_type && view.sends_tagged(out.vid);
    if (is_unreadable || !slot.offloads.accepts(frame.offload())) {
      if (frame.offload().gso != GsoKind::none) {
        return cut(port, out, !is_unreadable && slot.offloads.accepts(datagrams));
      }
      frame.finish_checksum();
    }
    steps_.leave(port, out.kind, frame, out.may_be_held && !is_unreadable);
    return 1;
  }

  // 'takes_datagrams': the port takes super-frames of UDP.
  std::size_t cut(PortIndex port, Outgoing& out, bool takes_datagrams) {
    const std::optional<HeaderLayout> headers = out.frame.headers_of_segments();
    if (!headers) {
      steps_.refuse(port, out.kind, DropReason::offload_invalid, out.frame);
      return 1;
    }
    steps_.cuts(port, out.frame);
    std::size_t count = 0;
    const bool is_together = takes_datagrams && Segmenter::gives_datagrams(out.frame);
    FrameBuffer& segment = steps_.segment();
    Segmenter segments(out.frame, *headers);
    for (; is_together ? segments.next_datagrams(segment) : segments.next(segment); ++count) {
      steps_.leave_cut(port, out.kind, segment);
    }
    return count;
  }

  const Picture& picture_;
  const Snapshot& snapshot_;  // of it
  const PortIndex ingress_;
  Steps& steps_;
};

}  // namespace tapswitch
