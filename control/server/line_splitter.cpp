// SPDX-License-Identifier: Apache-2.0
#include "control/server/line_splitter.hpp"

#include <algorithm>
#include <cassert>

namespace tapswitch::server {

std::span<char> LineSplitter::space() {
  buffer_.erase(0, begin_);
  forgotten_ += begin_;
  size_ -= begin_;
  searched_ -= begin_;
  begin_ = 0;
  buffer_.resize(size_ + read_size);
  // A session that once sent a long line shall not keep its memory.
  if (buffer_.capacity() > 4 * buffer_.size()) {
    buffer_.shrink_to_fit();
  }
  return {buffer_.data() + size_, read_size};
}

void LineSplitter::commit(std::size_t size) {
  assert(size_ + size <= buffer_.size());
  size_ += size;
}

std::optional<std::string_view> LineSplitter::next() {
  while (true) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(searched_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto newline = std::find(from, to, '\n');
    if (newline == to && (!is_finished_ || begin_ == size_)) {
      searched_ = size_;
      return std::nullopt;
    }
    const auto end = static_cast<std::size_t>(newline - buffer_.begin());
    std::string_view line(buffer_.data() + begin_, end - begin_);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.size() > longest_) {
      return std::nullopt;
    }
    begin_ = searched_ = std::min(end + 1, size_);
    if (!line.empty()) {
      return line;
    }
  }
}

bool LineSplitter::is_overlong() const {
  const std::string_view rest(buffer_.data() + begin_, size_ - begin_);
  // The newline of a last carriage return may still be on its way.
  return rest.size() > longest_ + (rest.ends_with('\r') ? 1 : 0);
}

}  // namespace tapswitch::server
