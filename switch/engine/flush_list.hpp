// SPDX-License-Identifier: Apache-2.0
// flush_list.hpp: the ports that have kept frames back which a worker sent by them, until it has no
// more to send.
//
// Limits: 'capacity' ports; the next one has all before it flushed at once.
#pragma once

#include <array>
#include <cstddef>

#include "switch/ports/port.hpp"

namespace tapswitch {

class FlushList {
 public:
  static constexpr std::size_t capacity = 64;

  // 'port' has kept a frame back. That it is in the list twice does no harm.
  void note(Port& port) {
    if (size_ > 0 && ports_[size_ - 1] == &port) {
      return;
    }
    if (size_ == capacity) {
      flush();
    }
    ports_[size_++] = &port;
  }

  void flush() {
    for (std::size_t i = 0; i < size_; ++i) {
      ports_[i]->flush();
    }
    size_ = 0;
  }

 private:
  std::array<Port*, capacity> ports_;  // the first 'size_'
  std::size_t size_ = 0;
};

}  // namespace tapswitch
