// SPDX-License-Identifier: Apache-2.0
// tap_configuration.hpp: makes the interface of a TAP as the options of its port say, part by part.
#pragma once

#include <string>
#include <string_view>

#include "switch/ports/tap/tap_device.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct TapOptions;

// The interface is in the namespace of 'routes' and was as 'before' says. On failure what was done
// until then stays done.
[[nodiscard]] KernelResult<void> apply_options(RouteSocket& routes, TapDevice& device,
                                               const InterfaceInfo& before,
                                               const TapOptions& options, bool is_new);

// The same error, told as the failure of 'action' on the TAP of 'options'.
[[nodiscard]] KernelError retell(KernelError error, std::string_view action,
                                 const TapOptions& options);

// "TAP 'tap3' in namespace 'lab'"
[[nodiscard]] std::string describe_tap(const TapOptions& options);

}  // namespace tapswitch
