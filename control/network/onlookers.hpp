// SPDX-License-Identifier: Apache-2.0
// onlookers.hpp: knows who looks at the frames of each port. The engine has one observer a port;
// where several look, it is one that asks each of them.
//
// Threads: the control thread. Limits: one onlooker of each kind a port.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/network/inventory.hpp"
#include "switch/engine/observer.hpp"

namespace tapswitch::network {

class Onlookers {
 public:
  enum class Kind : std::uint8_t { captures, sampling };
  static constexpr std::size_t kind_count = 2;

  // The inventory must outlive it.
  explicit Onlookers(Inventory& inventory) : inventory_(inventory) {}

  struct Change {
    const RunningPort* port;
    PortObserver* observer;  // null: nobody
  };

  // Has these look at ports of one switch; whoever of that kind looked there before does so no more
  // when it returns. An observer must outlive its port, or be taken away before. If it throws, all
  // is as it was.
  void set(Switch& engine, Kind kind, const std::vector<Change>& changes);

 private:
  class Several;

  // A port at which somebody looks.
  struct Watched {
    TimePoint added{};  // with its name, what tells it from others
    std::array<PortObserver*, kind_count> observers{};
    std::unique_ptr<PortObserver> several;  // where there are several
  };

  void forget_gone();
  [[nodiscard]] Watched changed(Kind kind, const Change& change) const;

  Inventory& inventory_;
  std::map<std::string, Watched> watched_;  // by name
};

}  // namespace tapswitch::network
