// SPDX-License-Identifier: Apache-2.0
// announcer.hpp: tells subscribers what becomes of switches, ports and the configuration, and
// whoever runs the daemon what they should know. Threads: the control thread. Limits: those of the
// hub.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "control/events/event_hub.hpp"
#include "control/network/running_port.hpp"
#include "control/network/running_switch.hpp"
#include "control/protocols/rstp_bridge.hpp"

namespace tapswitch::network {

class Announcer {
 public:
  // Told, in a sentence, what whoever runs the daemon should know.
  using Notice = std::function<void(const std::string&)>;

  // The hub must outlive the announcer.
  Announcer(events::EventHub& events, Notice notice);

  [[nodiscard]] events::EventHub& events() const { return events_; }

  void tell_operator(const std::string& notice) const { notice_(notice); }
  // Tells the operator what the opening of the port has to say.
  void tell_remarks(const RunningPort& port) const;

  // 'event' is a word of the topic.
  void tell(const RunningSwitch& home, std::string_view event) const;
  void tell(const RunningPort& port, std::string_view event) const;
  // A storm of frames of that class at the port.
  void tell_storm(const RunningPort& port, FloodKind kind, std::string_view event) const;
  // A port in the spanning tree of its switch.
  void tell_tree(const RunningSwitch& home, const std::string& port,
                 const protocols::RstpPort& in_tree, protocols::RstpEvent::Kind kind) const;
  // Nullopt: the VLAN has no name any more.
  void tell_vlan(const RunningSwitch& home, VlanId vid,
                 const std::optional<std::string>& name) const;
  void tell_revision(std::uint64_t revision) const;

 private:
  events::EventHub& events_;
  const Notice notice_;
};

}  // namespace tapswitch::network
