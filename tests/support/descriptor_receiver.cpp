// SPDX-License-Identifier: Apache-2.0
#include "tests/support/descriptor_receiver.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace tapswitch::test {

ssize_t receive_with_descriptor(int socket, std::span<char> space, UniqueFd& came, int flags) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec bytes{.iov_base = space.data(), .iov_len = space.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  came.reset();
  if (const cmsghdr* const part = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    came.reset(fd);
  }
  return size;
}

}  // namespace tapswitch::test
