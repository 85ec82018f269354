// SPDX-License-Identifier: Apache-2.0
// trace_path.hpp: says whether a frame that frame.trace has followed would go by the kernel path,
// and if not why. Pinned by tests/integration/test_kernel_path_trace.py, which stops the daemon and
// looks which frames still cross.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "control/network/network.hpp"

namespace tapswitch::api {

// Holds what was found out about a frame on its way.
struct FollowedFrame {
  Station source{};
  Station destination{};
  bool is_news = false;               // its source would be learned, or could not be
  std::optional<PortIndex> egress{};  // the one port by which it leaves; nullopt: not one alone
  std::size_t size = 0;               // with which it leaves there
  bool needs_vendor_tag = false;  // it came in with a tag of a vendor's type, or leaves with one
};

// Returns why workers would forward it, or do with it what is to be done; nullopt: the kernel
// would. 'ingress' is the port it came in by.
[[nodiscard]] std::optional<std::string> path_refusal(const network::Network& network,
                                                      const network::RunningPort& ingress,
                                                      const FollowedFrame& frame);

}  // namespace tapswitch::api
