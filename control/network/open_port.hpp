// SPDX-License-Identifier: Apache-2.0
// open_port.hpp: opens the port that a user has specified, of whatever kind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/config/far_end.hpp"
#include "switch/ports/patch/patch_port.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/tap/tap_port.hpp"
#include "switch/ports/vde/vde_door.hpp"

namespace tapswitch::network {

struct OpenedPort {
  std::unique_ptr<Port> port;
  TapPort* tap = nullptr;                 // the same, if it is one
  VdeDoor* door = nullptr;                // likewise
  std::vector<std::string> remarks = {};  // what the port's user should know
};

// Throws rpc::Error if what 'end' says cannot be, as far as can be known without opening it.
void check_far_end(const config::FarEnd& end);

// Throws rpc::Error with what the kernel has refused; then nothing is left behind. 'offloads' are
// those that a TAP may have; 'opposite' is the end of a patch that is there already, if one is.
[[nodiscard]] OpenedPort open_port(const config::FarEnd& end, const OffloadSet& offloads,
                                   const PatchPort* opposite);

// The port that a TAP is already.
[[nodiscard]] OpenedPort opened_tap(std::unique_ptr<TapPort> port);

// The same for a TAP that is open already.
[[nodiscard]] OpenedPort open_passed_tap(TapDevice tap, const config::TapSpec& spec);

}  // namespace tapswitch::network
