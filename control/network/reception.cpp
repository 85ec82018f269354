// SPDX-License-Identifier: Apache-2.0
#include "control/network/reception.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace tapswitch::network {
namespace {

// Others of the control thread's have their turn between so many.
constexpr std::size_t most_called = 16;

EpollSet open_or_throw() {
  auto set = EpollSet::open();
  if (!set) {
    throw std::system_error(set.error().number, std::generic_category(), set.error().call);
  }
  return std::move(*set);
}

}  // namespace

Reception::Reception() : set_(open_or_throw()) {}

KernelResult<void> Reception::add(int bell, Answer answer) {
  answers_[bell] = std::make_shared<const Answer>(std::move(answer));
  if (!set_.add(bell, EPOLLIN, static_cast<std::uint64_t>(bell))) {
    KernelError error = kernel_error(errno, "epoll_ctl", "wait for", "the callers of a port");
    answers_.erase(bell);
    return error;
  }
  return {};
}

void Reception::remove(int bell) {
  if (answers_.erase(bell) > 0) {
    set_.remove(bell);
  }
}

void Reception::attend() {
  std::array<epoll_event, most_called> space;
  for (const epoll_event& event : set_.ready(space)) {
    const auto found = answers_.find(static_cast<int>(event.data.u64));
    if (found != answers_.end()) {
      const auto answer = found->second;
      (*answer)();
    }
  }
}

}  // namespace tapswitch::network
