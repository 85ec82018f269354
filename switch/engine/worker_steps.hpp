// SPDX-License-Identifier: Apache-2.0
// worker_steps.hpp: does a worker's part at each step of a frame's way (walk.hpp): it counts,
// learns, hands over to the protocols, and sends. Nothing of it blocks or allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "switch/engine/held_frame.hpp"
#include "switch/engine/mirroring.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/transmit.hpp"
#include "switch/engine/walk.hpp"

namespace tapswitch {

// Returns why a frame was lost before it could be looked at; nullopt: none was.
[[nodiscard]] inline std::optional<DropReason> reason_of_loss(ReceiveStatus status) {
  switch (status) {
    case ReceiveStatus::oversize:
      return DropReason::oversize;
    case ReceiveStatus::garbled:
      return DropReason::offload_invalid;
    case ReceiveStatus::misframed:
      return DropReason::framing_invalid;
    case ReceiveStatus::lost:
      return DropReason::condition_loss;
    case ReceiveStatus::queue_full:
      return DropReason::condition_queue_full;
    case ReceiveStatus::misencapsulated:
      return DropReason::encapsulation_invalid;
    case ReceiveStatus::foreign_vni:
      return DropReason::foreign_vni;
    case ReceiveStatus::foreign:
      return DropReason::foreign_sender;
    default:
      return std::nullopt;
  }
}

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

  [[nodiscard]] std::optional<DropReason> observed(FrameBuffer& frame, VlanId vid) {
    return picture_.slot(ingress_).is_watched ? show_received(frame, vid) : std::nullopt;
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
    return port.learning() && picture_.slot(ingress_).learns
               ? std::optional(picture_.fdb->learn(station, ingress_, port.fdb_limit(), now_))
               : std::nullopt;
  }

  [[nodiscard]] bool is_limited(FloodKind kind, const FrameBuffer& frame) {
    if (picture_.storm_gate(ingress_).lets_in(kind, frame, now_)) {
      return false;
    }
    counters().storm_drops[to_size(kind)].add(1);
    return true;
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

  void cuts(PortIndex port, FrameBuffer& frame) {
    if (picture_.slot(port).is_watched) {
      show_cut(port, frame);
    }
  }

  void leave_cut(PortIndex port, AddressKind kind, FrameBuffer& frame) {
    tools_.held.release();
    transmit(exit(port), kind, frame, tools_.to_flush);
  }

 private:
  [[gnu::noinline]] std::optional<DropReason> show_received(FrameBuffer& frame, VlanId vid) {
    const Picture::Slot& slot = picture_.slot(ingress_);
    const auto refusal = slot.observer != nullptr
                             ? slot.observer->received(worker_, frame, vid, now_)
                             : std::nullopt;
    if (slot.is_mirrored_to) {
      return DropReason::mirror_destination;
    }
    if (slot.mirrors_in != 0) {
      slot.mirroring->copy(slot.mirrors_in, static_cast<std::uint32_t>(worker_), frame, vid,
                           tools_.to_flush);
    }
    return refusal;
  }

  [[gnu::noinline]] void show_cut(PortIndex port, FrameBuffer& frame) {
    const Picture::Slot& slot = picture_.slot(port);
    if (slot.observer != nullptr) {
      slot.observer->cuts(worker_, frame);
    }
    if (slot.mirrors_out != 0) {
      slot.mirroring->copy_whole(slot.mirrors_out, static_cast<std::uint32_t>(worker_), frame, vid_,
                                 tools_.to_flush);
    }
  }

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
