// SPDX-License-Identifier: Apache-2.0
// reopening.hpp: opens ports anew whose device is gone, if their user wants it and it can be had
// again. Threads: the control thread. Limits: 'most_at_once' in a turn, each at most once in
// 'interval'; why one cannot be opened is told once, however often it is tried.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "control/config/model.hpp"
#include "control/network/announcer.hpp"
#include "control/network/conditioning.hpp"
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
    Conditioning& conditioning;
    const Announcer& announcer;
  };

  // Opens the far end of a port that is on 'home'. Throws rpc::Error with what the kernel refuses.
  using Open = std::function<OpenedPort(const RunningSwitch& home, const config::PortSpec& spec)>;

  // The parts must outlive it.
  Reopening(const Parts& parts, Open open);

  // Tries some of those that are due. Returns whether there are more.
  [[nodiscard]] bool reopen_some(TimePoint now);

  // The port is removed: another of its name has nothing to do with it.
  void forget(const std::string& port) noexcept { attempts_.erase(port); }

 private:
  struct Attempt {
    TimePoint next{};          // not tried before
    std::string refusal = {};  // why it could not be opened; empty: it was
  };

  void reopen(RunningPort& port, Attempt& attempt);

  const Parts parts_;
  const Open open_;
  std::map<std::string, Attempt> attempts_;  // by port
};

}  // namespace tapswitch::network
