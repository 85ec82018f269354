// SPDX-License-Identifier: Apache-2.0
// path_queues.hpp: the memory that daemon and programs have in common: what is left to the sockets
// of ports (path_order.h).
//
// Threads: any; what both sides write is read and written whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "switch/kernel_path/path_program.hpp"
#include "switch/kernel_path/path_words.h"
#include "switch/system/kernel_error.hpp"

namespace tapswitch {

class PathQueues {
 public:
  // An error if there is no memory for it.
  [[nodiscard]] static KernelResult<PathQueues> open(const PathProgram& program);

  // 'place' is less than path_most_ports, here and below.
  [[nodiscard]] path_queue& at(std::uint32_t place) const { return queues_[place]; }

  // Nothing has been left there yet.
  void clear(std::uint32_t place) const;

  // From now on each frame that is left is marked and counted. Those from before that are still
  // between the two programs are few, and have a moment to get through.
  void begin(std::uint32_t place) const;

  // How many frames were lost, for they would have overtaken others.
  [[nodiscard]] std::uint64_t lost(std::uint32_t place) const;

 private:
  struct Unmap {
    void operator()(path_queue* queues) const;
  };

  explicit PathQueues(path_queue* queues) : queues_(queues) {}

  std::unique_ptr<path_queue[], Unmap> queues_;
};

}  // namespace tapswitch
