// SPDX-License-Identifier: Apache-2.0
#include "control/network/reception.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

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

KernelResult<void> Reception::add(int bell, const std::string& name) {
  names_[bell] = name;
  if (!set_.add(bell, EPOLLIN, static_cast<std::uint64_t>(bell))) {
    KernelError error = kernel_error(errno, "epoll_ctl", "wait for", "the callers of a port");
    names_.erase(bell);
    return error;
  }
  return {};
}

void Reception::remove(int bell) {
  if (names_.erase(bell) > 0) {
    set_.remove(bell);
  }
}

std::vector<std::string> Reception::called() const {
  std::array<epoll_event, most_called> space;
  std::vector<std::string> names;
  for (const epoll_event& event : set_.ready(space)) {
    names.push_back(names_.at(static_cast<int>(event.data.u64)));
  }
  return names;
}

}  // namespace tapswitch::network
