// SPDX-License-Identifier: Apache-2.0
// punts.hpp: frames of protocols on their way from the engines to whoever hears them on the control
// thread: the seam at which a protocol stands. What is punted is up to the rule of the switch
// (PuntSet); who hears a frame, to the function that is given here.
//
// Theory of operation: the worker that punts into an empty queue marks its switch and rings a bell,
// which all switches share.
// Limits: heard_at_once frames of a switch in a turn of the control thread, for one may cost a
// millisecond (a forged root, of a thousand ports); those of PuntQueue.
// Threads: the control thread; workers ring.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "control/network/inventory.hpp"
#include "switch/system/bell.hpp"

namespace tapswitch::network {

class Punts {
 public:
  static constexpr std::size_t heard_at_once = 8;

  // A frame came in by that port. It must not be removed meanwhile, nor its switch.
  using Hear = std::function<void(RunningPort&, const PuntedFrame&)>;

  // The inventory must outlive it. Throws std::system_error if the kernel has no bell.
  Punts(Inventory& inventory, Hear hear);

  // Returns what the engine of that new switch is to call.
  [[nodiscard]] std::function<void()> take_up(const std::string& switch_name);
  void forget(const std::string& switch_name) { marks_.erase(switch_name); }

  // Readable when take_rung() has something to hear.
  [[nodiscard]] int bell() const { return bell_->descriptor(); }
  void take_rung();

 private:
  // Returns whether there may be more.
  bool take_some(RunningSwitch& home);

  Inventory& inventory_;
  const Hear hear_;
  SharedBell bell_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> marks_;  // by switch: it has rung
};

}  // namespace tapswitch::network
