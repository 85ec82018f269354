// SPDX-License-Identifier: Apache-2.0
// decide.hpp: decides where a frame goes: a function from a snapshot, the FDB and a frame to a
// value.
//
// Nothing here reads, writes, counts or asks the time; frame.trace calls the very same functions.
// Learning is a step of its own (Fdb::learn), to be taken between classify() and decide().
#pragma once

#include <span>

#include "switch/forwarding/classify.hpp"
#include "switch/forwarding/drop_reason.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/flood_kind.hpp"
#include "switch/forwarding/snapshot.hpp"
#include "switch/frame/frame_view.hpp"

namespace tapswitch {

struct Decision {
  enum class Kind : std::uint8_t { drop, unicast, flood };

  Kind kind = Kind::drop;
  DropReason reason{};     // drop
  PortIndex egress{};      // unicast
  FloodKind flood_kind{};  // flood
  std::span<const PortIndex>
      members{};  // flood: of the VLAN; each still to be asked by floods_to()

  static Decision drop(DropReason reason);
  static Decision unicast(PortIndex egress);
  static Decision flood(FloodKind kind, std::span<const PortIndex> members);
};

// Returns where a frame so classified goes.
[[nodiscard]] Decision decide(const Snapshot& snapshot, const Fdb& fdb, PortIndex ingress,
                              const FrameView& frame, const Classification& classification,
                              TimePoint now);

// Whether a flooded frame leaves by 'egress', a member of its VLAN.
[[nodiscard]] bool floods_to(const Snapshot& snapshot, PortIndex ingress, PortIndex egress,
                             FloodKind kind);

// Returns as which class storm control counts a frame to 'destination' of which that is decided:
// one that is flooded, or is for a group, wherever that leads. Nullopt: as none; so it is with
// reserved addresses, whose protocols are to be heard above all in a storm.
[[nodiscard]] std::optional<FloodKind> storm_class(MacAddress destination,
                                                   const Decision& decision);

}  // namespace tapswitch
