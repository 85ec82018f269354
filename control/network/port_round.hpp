// SPDX-License-Identifier: Apache-2.0
// port_round.hpp: visits all ports in several turns of the control thread, in order of their names:
// between two turns ports may come and go.
//
// A port that comes behind the last one visited belongs to the round, another to the next.
#pragma once

#include <cstddef>
#include <string>

namespace tapswitch::network {

class PortRound {
 public:
  // Calls 'visit' with some of the ports, at most 'most'. Returns whether the round is not complete
  // yet; behind a complete one the next begins. Requires: 'visit' leaves the port where it is.
  template <class Ports, class Visit>
  [[nodiscard]] bool go_on(Ports& ports, std::size_t most, const Visit& visit) {
    auto next = ports.upper_bound(last_);
    for (std::size_t count = 0; count < most && next != ports.end(); ++count, ++next) {
      last_ = next->first;
      visit(next->second);
    }
    if (next != ports.end()) {
      return true;
    }
    last_.clear();
    return false;
  }

  [[nodiscard]] bool is_at_begin() const { return last_.empty(); }

 private:
  std::string last_;  // the name of the last one visited; "": the round begins
};

}  // namespace tapswitch::network
