// SPDX-License-Identifier: Apache-2.0
// slow_descriptor.hpp: a descriptor whose last close() waits: a TCP socket with SO_LINGER and words
// unsent, for its peer does not read.
#pragma once

#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

class SlowDescriptor {
 public:
  // Throws std::runtime_error if the kernel refuses.
  SlowDescriptor();

  // Gives it away. Whoever closes it waits for as long as this object is there.
  [[nodiscard]] UniqueFd take() { return std::move(near_); }

 private:
  UniqueFd near_;
  UniqueFd far_;  // closed with words unread, which resets the connection
};

}  // namespace tapswitch::test
