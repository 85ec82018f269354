// SPDX-License-Identifier: Apache-2.0
// tap_setup.hpp: gets hold of a TAP and configures it, all or nothing. The first half of
// tap_port.hpp, whose comment tells how and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "switch/ports/tap/tap_device.hpp"
#include "switch/ports/tap/tap_state.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct TapOptions;

struct TapSetup {
  TapDevice device;
  bool was_created;
  OffloadSet offloads;  // those of the options that the kernel has
  int index = 0;        // of the interface; 0 if that could not be seen
  // Holds the state of an interface that was there before. Nullopt also if that could not be seen.
  std::optional<TapState> before;
};

// Creates or adopts the TAP of 'options' and configures it.
[[nodiscard]] KernelResult<TapSetup> set_up_tap(const TapOptions& options);

// Configures the TAP 'device', which is open. Of one whose namespace is closed to this process only
// what its descriptor can do is done, and what else is asked for is refused.
[[nodiscard]] KernelResult<TapSetup> set_up_passed_tap(TapDevice device, const TapOptions& options);

}  // namespace tapswitch
