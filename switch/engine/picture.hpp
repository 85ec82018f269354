// SPDX-License-Identifier: Apache-2.0
// picture.hpp: all that a worker needs to forward the frames of one switch: the rules, and what
// they speak of. Immutable; the control thread draws the next one and hands it to every worker.
//
// A picture owns nothing it points to. Whoever draws it keeps ports, counters, observers and FDB
// alive until every worker has given the picture back (see Switch).
#pragma once

#include <memory>
#include <vector>

#include "switch/engine/counters.hpp"
#include "switch/engine/observer.hpp"
#include "switch/engine/punt_queue.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/snapshot.hpp"
#include "switch/ports/port.hpp"

namespace tapswitch {

struct Picture {
  // A port with its counters: an array with one element a worker.
  struct Slot {
    Port* port = nullptr;
    PortCounters* counters = nullptr;
    OffloadSet offloads;
    bool keeps_back = false;           // Port::keeps_back()
    PortObserver* observer = nullptr;  // null: nobody looks
  };

  Snapshot snapshot;
  std::vector<Slot> slots;  // by PortIndex; the null slot where no port is
  Fdb* fdb = nullptr;
  PuntQueue* punts = nullptr;  // not null where the rule has anything punted
  // One array a worker, indexed by VlanId.
  std::vector<VlanCounters*> vlan_counters;

  [[nodiscard]] const Slot& slot(PortIndex index) const { return slots[to_size(index)]; }
};

}  // namespace tapswitch
