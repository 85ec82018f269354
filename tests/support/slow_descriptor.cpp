// SPDX-License-Identifier: Apache-2.0
#include "tests/support/slow_descriptor.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace tapswitch::test {

SlowDescriptor::SlowDescriptor() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const address = reinterpret_cast<sockaddr*>(&place);
  socklen_t size = sizeof place;
  // So little that most of what is sent has to stay with the sender.
  constexpr int small = 4'096;
  constexpr int large = 131'072;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  near_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(near_.get(), SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  if (::bind(listener.get(), address, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), address, &size) != 0 ||
      ::connect(near_.get(), address, size) != 0) {
    throw std::runtime_error("no TCP over the loopback interface");
  }
  far_.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  constexpr std::array<char, 65'536> unread{};
  if (::send(near_.get(), unread.data(), unread.size(), MSG_DONTWAIT) <
      static_cast<ssize_t>(unread.size() / 2)) {
    throw std::runtime_error("no words can wait to be sent");
  }
  constexpr linger slowness{.l_onoff = 1, .l_linger = 600};
  ::setsockopt(near_.get(), SOL_SOCKET, SO_LINGER, &slowness, sizeof slowness);
}

}  // namespace tapswitch::test
