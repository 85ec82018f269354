// SPDX-License-Identifier: Apache-2.0
// attended_end.hpp: the open end of a port that has something to do on the control thread, and
// nothing else to be said of it.
#pragma once

#include "control/network/open_end.hpp"
#include "switch/ports/socket/attended_port.hpp"

namespace tapswitch::network {

class AttendedEnd final : public OpenEnd {
 public:
  // 'port' must outlive it.
  explicit AttendedEnd(AttendedPort& port) : port_(port) {}

  [[nodiscard]] int bell() const override { return port_.bell(); }
  void answer() override { port_.answer(); }

 private:
  AttendedPort& port_;
};

}  // namespace tapswitch::network
