// SPDX-License-Identifier: Apache-2.0
// daemon_end.hpp: waits for the end of a daemon that shuts down: its ports are closed then.
#pragma once

#include <chrono>

#include "control/client/client.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::tapctl {

class DaemonEnd {
 public:
  // A daemon in another PID namespace is not found, and not waited for.
  explicit DaemonEnd(client::Client& client);

  // Returns whether it is gone, or was not found; false: 'patience' is over.
  [[nodiscard]] bool wait(std::chrono::milliseconds patience) const;

 private:
  UniqueFd process_;
};

}  // namespace tapswitch::tapctl
