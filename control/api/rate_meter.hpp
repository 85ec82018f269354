// SPDX-License-Identifier: Apache-2.0
// rate_meter.hpp: how fast ports receive and send: the difference between what they have counted
// now and what they had counted at the last sample.
//
// Samples are taken at ticks, and only for a while after somebody has asked, so that a daemon
// nobody looks at does nothing.
// Limits: one sample a port.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "control/api/network.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::api {

class RateMeter {
 public:
  // How long samples go on after the last question.
  static constexpr std::chrono::seconds attention{30};

  // To be called about once a second.
  void tick(const Network& network, TimePoint now);

  // Bits and frames per second of 'port' since its last sample that is old enough to tell. A port
  // never sampled before is measured from its beginning.
  [[nodiscard]] Json rates(const Network::RunningPort& port, TimePoint now);

 private:
  struct Sample {
    TimePoint at;
    PortTotals totals;
  };
  // Two, for the younger may be too young to divide by. Both are the port's beginning at first.
  struct Samples {
    TimePoint added;  // tells ports apart that had the same name one after the other
    Sample older;
    Sample younger;

    explicit Samples(const Network::RunningPort& port);
    void take(const Sample& sample);
  };

  std::map<std::string, Samples> samples_;  // by port name
  TimePoint asked_{};
};

}  // namespace tapswitch::api
