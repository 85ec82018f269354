// SPDX-License-Identifier: Apache-2.0
// passed_descriptors.hpp: takes what comes out of a Unix socket besides bytes: descriptors
// (SCM_RIGHTS), and to which line they belong.
//
// Theory of operation: the kernel ends a read at the end of a message that brought descriptors, but
// glues earlier messages to its front. So it is the last byte of a read that tells where its
// descriptors belong: to the line that this byte is part of. A client sends the line by a message
// of its own, or at least its end.
// Limits: 'most' for one line. What comes beyond is closed, and who asks for a descriptor of that
// line is told so. While too much is still to be closed (slow_close.hpp) nothing is received. A
// session reads on only when it has answered all whole lines, so there
// are those of two lines at most: of one that came in parts, and of the last one that came with its
// end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "control/rpc/descriptors.hpp"
#include "switch/system/descriptor_message.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::server {

class PassedDescriptors {
 public:
  // None are accepted if 'most' is 0.
  explicit PassedDescriptors(std::size_t most) : most_(most) {}

  // As recv(2), without waiting, of a session for which 'arrived' bytes have arrived before. Fails
  // with EBUSY while too much is still to be closed.
  [[nodiscard]] ssize_t receive(int socket, std::span<char> space, std::uint64_t arrived);

  // Returns those of the line whose end is byte 'given' of all that arrived; null if there are
  // none.
  [[nodiscard]] rpc::Descriptors* of_line(std::uint64_t given);

  // The line is answered: closes what nobody has taken.
  void forget_line(std::uint64_t given);
  void forget_all() { lines_.clear(); }

 private:
  class OfLine final : public rpc::Descriptors {
   public:
    explicit OfLine(std::size_t most) : most_(most) {}
    OfLine(const OfLine&) = delete;
    OfLine& operator=(const OfLine&) = delete;
    ~OfLine() override;  // closes what nobody has taken, slowly

    // Takes it if there is room.
    void add(UniqueFd& fd);
    void add_lost() { is_cut_ = true; }

    [[nodiscard]] std::size_t count() const override { return held_.size(); }
    [[nodiscard]] int look_at(std::size_t index) const override;
    [[nodiscard]] UniqueFd take(std::size_t index) override;

    std::uint64_t at = 0;  // a byte of the line

   private:
    const std::size_t most_;
    std::vector<UniqueFd> held_;  // what is taken leaves its place empty
    bool is_cut_ = false;         // more came than are held
  };

  void keep(CameDescriptors& came, std::span<const char> bytes, std::uint64_t arrived);

  const std::size_t most_;
  std::deque<OfLine> lines_;
};

}  // namespace tapswitch::server
