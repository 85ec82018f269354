// SPDX-License-Identifier: Apache-2.0
// describe_tree.hpp: the spanning tree of a switch, and a port in it, as JSON, for results and
// events. Threads: the control thread.
#pragma once

#include <string>
#include <string_view>

#include "control/network/running_switch.hpp"
#include "control/protocols/rstp_bridge.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::network {

[[nodiscard]] std::string_view text_of(protocols::RstpRole role);
[[nodiscard]] std::string_view text_of(protocols::RstpState state);

// 'tree' is null where the switch has none.
[[nodiscard]] Json describe_tree(const RunningSwitch& home, const protocols::RstpBridge* tree,
                                 protocols::TimePoint now);
[[nodiscard]] Json describe_in_tree(const std::string& name, const protocols::RstpPort& port);

}  // namespace tapswitch::network
