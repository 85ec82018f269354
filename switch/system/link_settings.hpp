// SPDX-License-Identifier: Apache-2.0
// link_settings.hpp: says how fast an interface is, as ethtool shows it and as bonds and routing
// protocols read it when the interface gets its carrier. A TAP is as fast as it is said to be.
#pragma once

#include <cstdint>
#include <string>

#include "switch/system/kernel_error.hpp"

namespace tapswitch {

struct LinkSettings {
  std::uint32_t speed = 10'000;  // Mbit/s
  bool is_full_duplex = true;

  bool operator==(const LinkSettings&) const = default;
};

// The interface of that name in the namespace of the calling thread, here and below. EOPNOTSUPP if
// it has none.
[[nodiscard]] KernelResult<LinkSettings> read_link_settings(const std::string& interface);

// EOPNOTSUPP if nobody can say so.
[[nodiscard]] KernelResult<void> set_link_settings(const std::string& interface,
                                                   const LinkSettings& settings);

}  // namespace tapswitch
