// SPDX-License-Identifier: Apache-2.0
// inventory.hpp: the switches and ports that run, by their names, which are unique in the daemon.
//
// A port that is entered is on its switch: that has it at its index, and knows its name. Threads:
// the control thread. Limits: those of the network.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/config/model.hpp"
#include "control/network/running_port.hpp"
#include "control/network/running_switch.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using Switches = std::map<std::string, RunningSwitch>;
using Ports = std::map<std::string, RunningPort>;

class Inventory {
 public:
  [[nodiscard]] Switches& switches() { return switches_; }
  [[nodiscard]] const Switches& switches() const { return switches_; }
  [[nodiscard]] Ports& ports() { return ports_; }
  [[nodiscard]] const Ports& ports() const { return ports_; }
  // Returns what is configured about sFlow; nullopt: nothing is sampled.
  [[nodiscard]] std::optional<config::SflowSpec>& sflow() { return sflow_; }
  [[nodiscard]] const std::optional<config::SflowSpec>& sflow() const { return sflow_; }

  // Throws not_found. Without a name: the only switch, or an error that asks which.
  [[nodiscard]] RunningSwitch& find_switch(const std::optional<std::string>& name);
  [[nodiscard]] RunningPort& find_port(const std::string& name);

  // Returns those of 'home', in order of their names.
  [[nodiscard]] std::vector<const RunningPort*> ports_of(const RunningSwitch& home) const;

  // Returns all that is configured, as it is now.
  [[nodiscard]] config::NetworkSpec configuration() const;

 private:
  std::optional<config::SflowSpec> sflow_;
  Switches switches_;
  Ports ports_;  // gone before the switches that own what they refer to
};

// Returns the error that there is none of that name.
[[nodiscard]] rpc::Error no_such(const char* what, const std::string& name);

}  // namespace tapswitch::network
