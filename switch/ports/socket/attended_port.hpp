// SPDX-License-Identifier: Apache-2.0
// attended_port.hpp: a port that has something to do on the control thread too, besides the frames
// that its worker moves: to take peers in, to look for them, or to wait for either.
#pragma once

#include "switch/ports/port.hpp"

namespace tapswitch {

class AttendedPort : public Port {
 public:
  // Readable when answer() has something to do. Constant.
  [[nodiscard]] virtual int bell() const noexcept = 0;

  // Does what is to be done now; does not wait. link() may say something else afterwards.
  virtual void answer() = 0;
};

}  // namespace tapswitch
