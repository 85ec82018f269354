// SPDX-License-Identifier: Apache-2.0
// epoll_set.hpp: several descriptors as one, which is readable when one of them is ready. For ports
// whose sockets come and go, while the descriptor that they are waited for by must not.
//
// Readiness is by level: what was not dealt with is there again the next time. A descriptor leaves
// the set when it is closed. Threads: any; the kernel orders the calls.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class EpollSet {
 public:
  [[nodiscard]] static KernelResult<EpollSet> open();

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

  // 'events' as epoll_ctl(2) has them; 'tag' comes back with them. False: the kernel has no room.
  [[nodiscard]] bool add(int fd, std::uint32_t events, std::uint64_t tag) noexcept;
  void change(int fd, std::uint32_t events, std::uint64_t tag) noexcept;
  void remove(int fd) noexcept;

  // Returns what is ready now; does not wait.
  [[nodiscard]] std::span<epoll_event> ready(std::span<epoll_event> space) const noexcept;

 private:
  explicit EpollSet(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace tapswitch
