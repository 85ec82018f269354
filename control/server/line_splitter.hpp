// SPDX-License-Identifier: Apache-2.0
// line_splitter.hpp: cuts a stream of bytes into lines. Pure: knows no socket.
//
// A newline ends a line, a carriage return before it is not part of it, and empty lines are
// skipped. The end of the stream ends its last line too. Limits: holds at most one line of
// 'longest' bytes and one read; a longer line is reported, and nothing can follow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tapswitch::server {

class LineSplitter {
 public:
  // One read brings so much at most.
  static constexpr std::size_t read_size = 16'384;

  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  // Returns where the next bytes go; valid until the next call. Never while next() has a line to
  // give.
  [[nodiscard]] std::span<char> space();

  // Says that the first 'size' bytes of space() have arrived.
  void commit(std::size_t size);

  // Says that nothing more arrives.
  void finish() { is_finished_ = true; }

  // The next whole line, valid until the next call; nullopt if there is none yet.
  [[nodiscard]] std::optional<std::string_view> next();

  // A line is longer than allowed. To be asked when next() has nothing to give.
  [[nodiscard]] bool is_overlong() const;

  // How many bytes have arrived, and how many of them next() has given out or skipped.
  [[nodiscard]] std::uint64_t arrived() const { return forgotten_ + size_; }
  [[nodiscard]] std::uint64_t given() const { return forgotten_ + begin_; }

  // How many bytes have arrived of what is not given out.
  [[nodiscard]] std::size_t unfinished() const { return size_ - begin_; }

  // Bytes of memory held.
  [[nodiscard]] std::size_t memory() const { return buffer_.capacity(); }

 private:
  const std::size_t longest_;
  std::string buffer_;           // as long as its capacity is used
  std::size_t begin_ = 0;        // of what has not been given out
  std::size_t size_ = 0;         // of what has arrived
  std::uint64_t forgotten_ = 0;  // bytes that were in front of the buffer
  std::size_t searched_ = 0;     // up to here there is no newline
  bool is_finished_ = false;
};

}  // namespace tapswitch::server
