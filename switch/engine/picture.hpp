// SPDX-License-Identifier: Apache-2.0
// picture.hpp: all that a worker needs to forward the frames of one switch: the rules, how the
// ports are, and what both speak of. Immutable; the control thread draws the next one and hands it
// to every worker. What its user has said of a port (PortRule) is in the snapshot, which pictures
// share as long as nobody says anything else; how the port is (PortState) is in its slot.
//
// A picture owns nothing it points to. Whoever draws it keeps ports, counters, observers and FDB
// alive until every worker has given the picture back (see Switch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "switch/engine/counters.hpp"
#include "switch/engine/observer.hpp"
#include "switch/engine/punt_queue.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/snapshot.hpp"
#include "switch/forwarding/storm_gate.hpp"
#include "switch/ports/port.hpp"

namespace tapswitch {

class Mirroring;
struct MirrorRule;

// How the link of a port is. Each keeps more from it than the one before.
enum class PortLink : std::uint8_t {
  up,
  down,        // what comes in is from before, and nothing is learned from it
  no_carrier,  // send() would not notice: what should leave here is dropped as link_down
  unplugged,   // by its user: what comes in all the same is dropped too
};

// How far a spanning tree lets frames of stations come by a port [802.1D-2004 17.5]. Those of
// protocols are punted and sent in any state.
enum class TreeState : std::uint8_t {
  forwarding,
  learning,    // nothing crosses, and stations are learned
  discarding,  // nothing crosses, and nothing is learned
};

// How a port is, whatever its user has said.
struct PortState {
  PortLink link = PortLink::up;
  TreeState tree = TreeState::forwarding;

  // The longest payload that leaves by this port, in bytes, as its interface's MTU.
  std::uint32_t mtu = 1500;

  // How fast its link is, in Mbit/s; 0: nobody knows. Only where the rule of the port asks for it.
  std::uint32_t speed = 0;

  bool operator==(const PortState&) const = default;

  [[nodiscard]] bool forwards() const { return tree == TreeState::forwarding; }
  // Whether stations are learned of what comes in.
  [[nodiscard]] bool learns() const {
    return link == PortLink::up && tree != TreeState::discarding;
  }
  // Whether frames of stations may leave by it.
  [[nodiscard]] bool lets_out() const { return link < PortLink::no_carrier && forwards(); }
};

struct Picture {
  // A port with its counters: an array with one element a worker.
  struct Slot {
    Port* port = nullptr;
    PortCounters* counters = nullptr;
    OffloadSet offloads;
    bool keeps_back = false;           // Port::keeps_back()
    std::size_t least_frame_size = 0;  // Port::least_frame_size()
    PortState state;
    PortObserver* observer = nullptr;  // null: nobody looks
    // Null: nothing is copied of its frames, nor to it.
    const Mirroring* mirroring = nullptr;
    std::uint32_t mirrors_in = 0;   // which of them copy what comes in by it, a bit for each
    std::uint32_t mirrors_out = 0;  // what leaves by it
    bool is_mirrored_to = false;    // gets copies, and nothing else
    bool is_watched = false;        // there is an observer or a mirroring
    // The state in answers, so that each is one question.
    bool forwards = true;
    bool learns = true;
    bool lets_out = true;
  };

  std::shared_ptr<const Snapshot> snapshot;
  std::vector<Slot> slots;  // by PortIndex; the null slot where no port is
  Fdb* fdb = nullptr;
  PuntQueue* punts = nullptr;  // not null where the rule has anything punted
  std::shared_ptr<const std::vector<MirrorRule>> mirrors;
  std::shared_ptr<const Mirroring> mirroring;  // of these; null: there is none
  // By PortIndex, null where the rule of the port has no storm control; empty: it has nowhere. The
  // next pictures share a gate as long as its limits are the same.
  std::vector<std::shared_ptr<StormGate>> storm_gates;
  // One array a worker, indexed by VlanId.
  std::vector<VlanCounters*> vlan_counters;

  // Whether there is a port at 'index'.
  [[nodiscard]] bool has(PortIndex index) const {
    return to_size(index) < slots.size() && slot(index).port != nullptr;
  }
  [[nodiscard]] const Slot& slot(PortIndex index) const { return slots[to_size(index)]; }
  // Requires: the snapshot has a rule of storm control for the port.
  [[nodiscard]] StormGate& storm_gate(PortIndex index) const {
    return *storm_gates[to_size(index)];
  }
};

}  // namespace tapswitch
