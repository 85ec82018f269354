// SPDX-License-Identifier: Apache-2.0
// unique_fd.hpp: the owner of a file descriptor, which closes it when it goes.
#pragma once

#include <unistd.h>

#include <utility>

namespace tapswitch {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

  // Gives the descriptor to the caller, who now has to close it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  // Closes the descriptor and owns 'fd' instead. Leaves errno alone, so that a failed call can be
  // reported after what it was made on is closed.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace tapswitch
