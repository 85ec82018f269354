// SPDX-License-Identifier: Apache-2.0
// reception.hpp: the bells that others ring when there is something to do on the control thread:
// strangers who come to the sockets of a port, threads that are back, workers. Limits: as many as
// there are ports, and one. Threads: the control thread.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "switch/system/epoll_set.hpp"

namespace tapswitch::network {

class Reception {
 public:
  using Answer = std::function<void()>;

  // Throws std::system_error if the kernel has none.
  Reception();

  // Readable when a bell rings.
  [[nodiscard]] int descriptor() const { return set_.descriptor(); }

  // Listens to 'bell', a descriptor that is readable when 'answer' is to be called.
  [[nodiscard]] KernelResult<void> add(int bell, Answer answer);
  // Does nothing for one that was not added.
  void remove(int bell);

  // Answers some of the bells that ring. An answer may add and remove bells.
  void attend();

 private:
  EpollSet set_;
  std::map<int, std::shared_ptr<const Answer>> answers_;  // by bell
};

}  // namespace tapswitch::network
