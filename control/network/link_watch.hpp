// SPDX-License-Identifier: Apache-2.0
// link_watch.hpp: hears from the kernel of interfaces that change, and knows which port each is the
// link of.
//
// Theory of operation: a port is found by the number of its namespace and the index of its
// interface, which stay when it is renamed. A port whose interface is held by another one (a near
// end) is found by both. Without a monitor, or where that hears of nothing, nobody is found, and
// links have to be polled.
// Threads: the control thread. Limits: two interfaces a port.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/network/announcer.hpp"
#include "control/network/running_port.hpp"
#include "switch/system/link_monitor.hpp"

namespace tapswitch::network {

class LinkWatch {
 public:
  // An interface belongs to this port.
  struct Owner {
    std::string port;
    bool is_near = false;  // the switch holds the port's link by it
  };

  // Tells the operator if the kernel does not tell of interfaces.
  explicit LinkWatch(const Announcer& announcer);

  // Readable when take() has something to say; -1 if the kernel does not tell.
  [[nodiscard]] int descriptor() const { return monitor_ ? monitor_->descriptor() : -1; }

  // Listens to where the interface of 'port' is now. Returns the number of its namespace; nullopt:
  // nothing is heard from there. Whoever looks at the link after that misses no change of it.
  [[nodiscard]] std::optional<int> listen_to(const RunningPort& port);

  // Looks at the link of 'port'; what is heard of its interface in 'name_space' is about this port
  // from now on. If nobody can look for want of something, all stays as it was, and a look is due.
  // Returns LinkStatus::shortage.
  int assign(RunningPort& port, std::optional<int> name_space);
  void forget(RunningPort& port) noexcept;
  // The same by its name, where the port itself is gone.
  void forget(const std::string& port) noexcept;

  // Returns nullptr if it is no port's, as far as we hear of interfaces.
  [[nodiscard]] const Owner* owner_of(const LinkKey& key) const;

  // Returns what has been heard since the last call.
  [[nodiscard]] LinkMonitor::Notices take();

 private:
  void assign(const LinkKey& key, const std::string& port, bool is_near);

  std::optional<LinkMonitor> monitor_;
  std::map<LinkKey, Owner> owners_;
  std::map<std::string, std::vector<LinkKey>> keys_;  // by port
};

}  // namespace tapswitch::network
