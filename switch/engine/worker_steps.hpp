// SPDX-License-Identifier: Apache-2.0
// worker_steps.hpp: does a worker's part at each step of a frame's way (walk.hpp): it counts,
// learns, hands over to the protocols, and sends. Nothing of it blocks or allocates.
#pragma once

#include <cstddef>
#include <optional>

#include "switch/engine/held_frame.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/transmit.hpp"
#include "switch/engine/walk.hpp"

namespace tapswitch {

// A worker sends with these, frame after frame.
struct EgressTools {
  FrameBuffer segment;  // for pieces of a frame
  FlushList to_flush;
  HeldFrame held{to_flush};
};

class WorkerSteps {
 public:
  // The steps of the worker of that number, for frames that came in by 'ingress' at 'now'. 'tools'
  // may hold a frame back, and edit it, until they are asked to release it.
  WorkerSteps(const Picture& picture, std::size_t worker, PortIndex ingress, EgressTools& tools,
              TimePoint now)
      : picture_(picture), worker_(worker), ingress_(ingress), tools_(tools), now_(now) {}

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] const Fdb& fdb() const { return *picture_.fdb; }
  [[nodiscard]] FrameBuffer& segment() { return tools_.segment; }

  void arrived(const FrameBuffer& frame) { counters().in_octets.add(frame.size()); }
  void parsed(const FrameView& /*view*/, std::size_t /*size*/) {}
  void decides(const FrameView& /*view*/, VlanId /*vid*/) {}
  void decided(const Decision& /*decision*/) {}

  [[nodiscard]] std::optional<DropReason> observed(const FrameBuffer& frame, VlanId vid) {
    PortObserver* const observer = picture_.slot(ingress_).observer;
    return observer == nullptr ? std::nullopt : observer->received(worker_, frame, vid, now_);
  }

  void classified(const FrameView& view, const Classification& classification) {
    picture_.fdb->prefetch({classification.tag.vid, view.source()});
    picture_.fdb->prefetch({classification.tag.vid, view.destination()});
  }

  void entered(VlanId vid, std::size_t size) {
    vid_ = vid;
    VlanCounters& vlan_counters = picture_.vlan_counters[worker_][vid];
    vlan_counters.in_frames.add(1);
    vlan_counters.in_octets.add(size);
  }

  [[nodiscard]] std::optional<Learned> learn(Station station, const PortView& port) {
    return port.learning() && picture_.slot(ingress_).state.link == PortLink::up
               ? std::optional(picture_.fdb->learn(station, ingress_, port.fdb_limit(), now_))
               : std::nullopt;
  }

  void punt(FrameBuffer& frame, VlanId vid, std::optional<Learned> learned) {
    picture_.punts->push({.port = ingress_,
                          .vid = vid,
                          .learned = learned,
                          .when = now_,
                          .bytes = frame.make_whole()});
  }

  void drop(DropReason reason, const FrameBuffer& frame, VlanId vid) {
    counters().drop(reason);
    if (PortObserver* const observer = picture_.slot(ingress_).observer) {
      observer->drops(worker_, frame, {.direction = Direction::in, .vid = vid, .reason = reason});
    }
  }

  void crossed(AddressKind kind) { counters().in_frames[static_cast<std::size_t>(kind)].add(1); }

  void refuse(PortIndex port, AddressKind kind, DropReason reason, const FrameBuffer& frame) {
    tapswitch::refuse(exit(port), kind, reason, frame);
  }

  void leave(PortIndex port, AddressKind kind, FrameBuffer& frame, bool may_be_held) {
    if (may_be_held && picture_.slot(port).offloads.takes_tcp()) {
      tools_.held.take(exit(port), kind, frame);
    } else {
      leave_cut(port, kind, frame);
    }
  }

  void cuts(PortIndex port, const FrameBuffer& frame) {
    if (PortObserver* const observer = picture_.slot(port).observer) {
      observer->cuts(worker_, frame);
    }
  }

  void leave_cut(PortIndex port, AddressKind kind, FrameBuffer& frame) {
    tools_.held.release();
    transmit(exit(port), kind, frame, tools_.to_flush);
  }

 private:
  [[nodiscard]] PortCounters& counters() const { return picture_.slot(ingress_).counters[worker_]; }
  [[nodiscard]] Exit exit(PortIndex port) const {
    return {
        .slot = &picture_.slot(port), .worker = static_cast<std::uint32_t>(worker_), .vid = vid_};
  }

  const Picture& picture_;
  const std::size_t worker_;
  const PortIndex ingress_;
  EgressTools& tools_;
  const TimePoint now_;
  VlanId vid_ = no_vlan;  // of the frame that is being forwarded
};

}  // namespace tapswitch
