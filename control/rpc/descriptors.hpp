// SPDX-License-Identifier: Apache-2.0
// descriptors.hpp: the file descriptors that came with a line, in the order they were sent. Whoever
// owns the connection implements it; a handler takes what its request is about.
//
// Limits: an implementation bounds how many it holds. What nobody takes is closed when the line is
// answered. Threads: the control thread.
#pragma once

#include <cstddef>

namespace tapswitch {
class UniqueFd;  // the only word about descriptors that this room knows
}

namespace tapswitch::rpc {

class Descriptors {
 public:
  Descriptors() = default;
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;
  virtual ~Descriptors() = default;

  // How many came, also those that are taken.
  [[nodiscard]] virtual std::size_t count() const = 0;

  // Both throw rpc::Error about the parameter "fd" if there is no descriptor number 'index', or it
  // is taken; and limit_reached if more came with the line than are held.
  [[nodiscard]] virtual int look_at(std::size_t index) const = 0;
  [[nodiscard]] virtual UniqueFd take(std::size_t index) = 0;
};

}  // namespace tapswitch::rpc
