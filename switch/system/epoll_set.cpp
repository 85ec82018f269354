// SPDX-License-Identifier: Apache-2.0
#include "switch/system/epoll_set.hpp"

#include <algorithm>
#include <cerrno>

namespace tapswitch {

KernelResult<EpollSet> EpollSet::open() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd.is_open()) {
    return kernel_error(errno, "epoll_create1", "wait for", "sockets");
  }
  return EpollSet(std::move(fd));
}

bool EpollSet::add(int fd, std::uint32_t events, std::uint64_t tag) noexcept {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  return ::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EpollSet::change(int fd, std::uint32_t events, std::uint64_t tag) noexcept {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  ::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EpollSet::remove(int fd) noexcept { ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<epoll_event> EpollSet::ready(std::span<epoll_event> space) const noexcept {
  const int count = ::epoll_wait(fd_.get(), space.data(), static_cast<int>(space.size()), 0);
  return space.first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace tapswitch
