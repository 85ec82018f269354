// SPDX-License-Identifier: Apache-2.0
// reception.hpp: the ports that have something to do on the control thread when strangers come to
// their sockets, and which of them have it now. Limits: as many as there are ports. Threads: the
// control thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "switch/system/epoll_set.hpp"

namespace tapswitch::network {

class Reception {
 public:
  // Throws std::system_error if the kernel has none.
  Reception();

  // Readable when somebody is there.
  [[nodiscard]] int descriptor() const { return set_.descriptor(); }

  // Listens to the bell of the port 'name', a descriptor that is readable when somebody is there.
  [[nodiscard]] KernelResult<void> add(int bell, const std::string& name);
  // Does nothing for one that was not added.
  void remove(int bell);

  // Some of the ports whose bell rings.
  [[nodiscard]] std::vector<std::string> called() const;

 private:
  EpollSet set_;
  std::map<int, std::string> names_;  // by bell
};

}  // namespace tapswitch::network
