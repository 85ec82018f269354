// SPDX-License-Identifier: Apache-2.0
// descriptor_message.hpp: bytes that go over a Unix socket together with descriptors (SCM_RIGHTS).
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// As send(2). 'descriptors' go with the first byte, and stay open here too.
[[nodiscard]] ssize_t send_with_descriptors(int socket, std::string_view text,
                                            std::span<const int> descriptors, int flags);

// The descriptors that came with a message. Holds as many as a message may have: the kernel closes
// what does not fit, and waits for that, in the thread that receives.
class CameDescriptors {
 public:
  static constexpr std::size_t most = 253;  // SCM_MAX_FD

  // As recvmsg(2), without waiting. To be called once.
  [[nodiscard]] ssize_t receive(int socket, std::span<std::byte> space) noexcept;

  // The process, or the message, had no room for all.
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }
  [[nodiscard]] std::span<UniqueFd> all() noexcept { return std::span(fds_).first(count_); }

 private:
  std::array<UniqueFd, most> fds_;
  std::size_t count_ = 0;
  bool is_cut_ = false;
};

}  // namespace tapswitch
