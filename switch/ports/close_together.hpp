// SPDX-License-Identifier: Apache-2.0
// close_together.hpp: the end of many ports at once.
//
// To close a TAP takes the kernel some 20 ms, most of which it waits for a grace period: closed by
// several threads, they wait together.
#pragma once

#include <future>
#include <memory>
#include <vector>

#include "switch/ports/port.hpp"

namespace tapswitch {

// Returns when all are closed. Null ones among them are passed over.
void close_together(std::vector<std::unique_ptr<Port>> ports);

// The same by threads of its own, for whoever has other things to do meanwhile.
class Closing {
 public:
  explicit Closing(std::vector<std::unique_ptr<Port>> ports);

  // Returns whether all are closed, for which it waits half a millisecond at most.
  [[nodiscard]] bool is_over_soon() const;

 private:
  std::future<void> end_;  // none: there is nothing to close
};

}  // namespace tapswitch
