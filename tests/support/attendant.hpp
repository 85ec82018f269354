// SPDX-License-Identifier: Apache-2.0
// attendant.hpp: does for a port what the control thread does for it: answers when its bell rings,
// from its making to its end, which must come before the port's.
#pragma once

#include <thread>

#include "switch/ports/socket/attended_port.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

class Attendant {
 public:
  explicit Attendant(AttendedPort& port)
      : thread_([&port](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            if (wait_until_readable(port.bell(), std::chrono::milliseconds(10))) {
              port.answer();
            }
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace tapswitch::test
