// SPDX-License-Identifier: Apache-2.0
// bell.hpp: by a bell one thread calls another that waits for descriptors. To ring it takes no
// memory and waits for nobody. Threads: any.
#pragma once

#include <sys/eventfd.h>

#include <memory>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class Bell {
 public:
  // Not open if the kernel refuses it; errno says why.
  Bell() noexcept : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }

  // Readable once it has been rung, until it is silenced.
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

  void ring() const noexcept { (void)::eventfd_write(fd_.get(), 1); }
  void silence() const noexcept {
    eventfd_t rings = 0;
    (void)::eventfd_read(fd_.get(), &rings);
  }

 private:
  UniqueFd fd_;
};

// For threads of which one may come back to it when nobody listens any more.
using SharedBell = std::shared_ptr<const Bell>;

}  // namespace tapswitch
