// SPDX-License-Identifier: Apache-2.0
// vxlan_inbox.hpp: holds what has come to the socket of a tunnel and was not looked at yet.
//
// Theory of operation: several messages are taken off with one system call. Each is a datagram, or
// a row of datagrams of one size from one sender, which the kernel has left together (UDP_GRO).
// Limits: 'most_messages' messages, each of at most 'message_bytes'. What is longer is cut off and
// said to be. Threads: the worker that receives.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tapswitch {

class VxlanInbox {
 public:
  static constexpr std::size_t most_messages = 8;
  static constexpr std::size_t message_bytes = 65'536;

  // Datagrams of one sender, all of 'datagram_size' but the last, which may be shorter.
  struct Row {
    std::span<std::byte> bytes;
    std::size_t datagram_size = 0;
    const sockaddr_storage* source = nullptr;
    std::uint8_t tos = 0;  // of the datagrams: what was signalled on their way
    bool is_cut_off = false;
    bool is_begun = false;  // some of it was taken

    // Takes the next datagram, which is empty if the row is.
    [[nodiscard]] std::span<const std::byte> take() noexcept;
    [[nodiscard]] std::span<const std::byte> peek() const noexcept;
  };

  VxlanInbox();

  // Takes further messages off 'socket' when there is none left here. False: nothing has come.
  [[nodiscard]] bool fill(int socket) noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return next_ == count_; }
  // Lets go of the first one if it was taken whole. Returns the one that is first then; null: there
  // is none.
  [[nodiscard]] Row* following() noexcept;

 private:
  static constexpr std::size_t control_bytes = 128;
  using Control = std::array<std::byte, control_bytes>;

  [[nodiscard]] Row row_of(std::size_t number) noexcept;

  std::unique_ptr<std::byte[]> memory_;  // most_messages of message_bytes each
  std::array<mmsghdr, most_messages> messages_{};
  std::array<iovec, most_messages> pieces_{};
  std::array<sockaddr_storage, most_messages> sources_{};
  alignas(cmsghdr) std::array<Control, most_messages> controls_{};
  std::array<Row, most_messages> rows_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace tapswitch
