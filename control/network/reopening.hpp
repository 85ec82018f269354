// SPDX-License-Identifier: Apache-2.0
// reopening.hpp: opens ports that are lost: whose device was never there, or is gone and their user
// wants them opened anew. Threads: the control thread. Limits: 'most_at_once' in a turn, each at
// most once in 'interval'; why one cannot be opened is told once, however often it is tried.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "control/config/model.hpp"
#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"
#include "control/network/links.hpp"
#include "control/network/open_end.hpp"
#include "control/network/wires.hpp"

namespace tapswitch::network {

class Reopening {
 public:
  static constexpr std::chrono::seconds interval{1};
  // To open a port takes the kernel some milliseconds, and others wait meanwhile.
  static constexpr std::size_t most_at_once = 4;

  struct Parts {
    Inventory& inventory;
    Links& links;
    Wires& wires;
    const Announcer& announcer;
  };

  // Opens the far end of a port that is on 'home'. Throws rpc::Error with what the kernel refuses.
  using Open = std::function<OpenedPort(const RunningSwitch& home, const config::PortSpec& spec)>;

  // Puts what was opened in the place of what the port is, and leaves that in it. Throws
  // rpc::Error; then all is as it was.
  using Exchange = std::function<void(RunningPort& port, OpenedPort& opened)>;

  // The parts must outlive it.
  Reopening(const Parts& parts, Open open, Exchange exchange);

  // Tries some of those that are due. Returns whether there are more.
  [[nodiscard]] bool reopen_some(TimePoint now);

  // The port is removed: another of its name has nothing to do with it.
  void forget(const std::string& port) noexcept { next_.erase(port); }

 private:
  void reopen(RunningPort& port);

  const Parts parts_;
  const Open open_;
  const Exchange exchange_;
  std::map<std::string, TimePoint> next_;  // by port: not tried before
};

}  // namespace tapswitch::network
