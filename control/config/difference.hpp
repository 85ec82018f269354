// SPDX-License-Identifier: Apache-2.0
// difference.hpp: how two settings of the same port, mirror or switch differ, for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/config/model.hpp"
#include "control/config/plan.hpp"

namespace tapswitch::config {

// "~ vlan of alice: 10 -> 20", a line for each member that differs.
[[nodiscard]] std::vector<PlanLine> differences(const PortSpec& running, const PortSpec& wanted);
// "~ fdb.ageing_seconds of switch sw0: 300 -> 60". VLANs and ports are not looked at.
[[nodiscard]] std::vector<PlanLine> differences(const MirrorSpec& running,
                                                const MirrorSpec& wanted);
[[nodiscard]] std::vector<PlanLine> differences(const SflowSpec& running, const SflowSpec& wanted);
[[nodiscard]] std::vector<PlanLine> differences(const SwitchSpec& running,
                                                const SwitchSpec& wanted);

// A port's VLAN setting in short: "10", "trunk 10,20", "tunnel 100".
[[nodiscard]] std::string in_short(const VlanRule& rule);

}  // namespace tapswitch::config
