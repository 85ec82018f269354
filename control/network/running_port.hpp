// SPDX-License-Identifier: Apache-2.0
// running_port.hpp: a port that runs: what is configured of it, what is open, and what is known of
// its link. Where a member names a part of the network, that part keeps it up to date.
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/model.hpp"
#include "control/network/open_end.hpp"
#include "control/network/running_switch.hpp"
#include "control/network/storm.hpp"
#include "switch/engine/switch.hpp"
#include "switch/system/link_monitor.hpp"
#include "switch/system/link_reader.hpp"

namespace tapswitch {
class ConditionedPort;
}

namespace tapswitch::network {

struct RunningPort {
  config::PortSpec spec;
  RunningSwitch* home = nullptr;
  PortIndex index{};
  Port* port = nullptr;  // owned by the switch
  ConditionedPort* conditioned =
      nullptr;  // around 'port', for its switch; null: none (Conditioning)
  std::unique_ptr<OpenEnd> end = std::make_unique<OpenEnd>();  // of 'port'
  std::string came_by = {};                                    // of a guest: the name of its door
  TimePoint added{};
  std::uint32_t number = 0;  // its own for its life (PortNumbers)
  LinkStatus seen = {};      // as it was when we looked or heard of it last (Links)
  bool is_lost = false;      // its device is gone, or was never there (Links)
  // The port's device was never there: it is opened as soon as it can be, whatever its user says of
  // one that is gone (Reopening).
  bool is_awaited = false;
  std::string refusal = {};  // why a port that is lost is not open (Links, Reopening)
  bool is_look_due = false;  // nobody could look at its link, for want of something (Links)
  bool is_held = false;      // has no carrier, for nobody is at the other end of its wire (Wires)
  std::optional<LinkKey> link_key = {};      // where it is heard of; nullopt: nowhere (LinkWatch)
  std::vector<std::string> remarks = {};     // on its opening: what its user should know
  std::optional<PortRule> rule_before = {};  // of a composed change (Changes)
  StormsOfPort storms = {};                  // (Storms)
  TreeState tree = TreeState::forwarding;    // in the spanning tree of its switch (Trees)

  // The rule by which frames are treated.
  [[nodiscard]] const PortRule& rule() const {
    return rule_before && home->engine->has_noted_rules() ? *rule_before : spec.rule;
  }

  // Whether it came in by itself: then it is no part of the configuration.
  [[nodiscard]] bool is_guest() const { return !came_by.empty(); }
  // How its link is, or was when it was seen last if nobody can look now.
  [[nodiscard]] LinkStatus link(LinkReader& reader) const;
  // The same without a question to the kernel where the monitor hears of it. Requires: links have
  // been followed.
  [[nodiscard]] LinkStatus known_link(LinkReader& reader) const {
    return link_key ? seen : link(reader);
  }
  [[nodiscard]] KernelDrops drops(LinkReader& reader) const;
  // "up", "down", "no_carrier" or "lost", where 'link' is how its interface is.
  [[nodiscard]] std::string_view state(const LinkStatus& link) const;
  [[nodiscard]] PortTotals totals() const { return home->engine->totals(index); }
  // Why it is not on the kernel path; nullopt: it is.
  [[nodiscard]] std::optional<std::string> path_refusal() const;

  // How fast its link is, in Mbit/s, if its rule asks for that; 0: it does not, or nobody knows.
  [[nodiscard]] std::uint32_t speed() const;
  // The same whatever its rule says.
  [[nodiscard]] std::uint32_t link_speed() const;
  // How the switch is to have it, where it has had 'before'.
  [[nodiscard]] PortState state_in_switch(const PortState& before) const;
  // Requires, here and below: the switch has it.
  void bring_state() const;
  // Forgets the stations that were learned there.
  void forget_learned() const;
};

}  // namespace tapswitch::network
