// SPDX-License-Identifier: Apache-2.0
// running_switch.hpp: a switch that runs: what is configured of it, its engine, and how its ports
// are called. Threads: the control thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/config/model.hpp"
#include "switch/engine/switch.hpp"
#include "switch/kernel_path/kernel_path.hpp"

namespace tapswitch::network {

struct RunningSwitch {
  config::SwitchSpec spec;  // its ports are in the inventory
  std::unique_ptr<Switch> engine;
  std::map<PortIndex, std::string> port_names;
  std::optional<SwitchRule> rule_before = {};  // of a composed change (Changes)
  const KernelPath* path = nullptr;            // null: there is none
  std::string path_refusal = {};               // why there is none

  // The rule by which frames are treated.
  [[nodiscard]] const SwitchRule& rule() const {
    return rule_before && engine->has_noted_rules() ? *rule_before : spec.rule;
  }

  // The name of the port at 'index', or nullptr if none is there any more.
  [[nodiscard]] const std::string* port_name(PortIndex index) const {
    const auto found = port_names.find(index);
    return found == port_names.end() ? nullptr : &found->second;
  }
};

}  // namespace tapswitch::network
