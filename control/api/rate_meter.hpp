// SPDX-License-Identifier: Apache-2.0
// rate_meter.hpp: how fast ports receive and send: the difference between what they have counted
// now and what they had counted at the last sample.
//
// Samples are taken at every tick, whether anybody asks or not, so that the first question is
// answered as well as the hundredth.
// Limits: two samples a port.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "control/api/network.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::api {

class RateMeter {
 public:
  // To be called about once a second.
  void tick(const Network& network, TimePoint now);

  // Bits and frames per second of 'port' since its last sample that is old enough to tell. A port
  // never sampled before is measured from its beginning.
  [[nodiscard]] Json rates(const Network::RunningPort& port, TimePoint now);

 private:
  struct Sample {
    TimePoint at;
    std::uint64_t in_octets = 0;
    std::uint64_t in_frames = 0;
    std::uint64_t out_octets = 0;
    std::uint64_t out_frames = 0;
  };
  // Two, for the younger may be too young to divide by. Both are the port's beginning at first.
  struct Samples {
    TimePoint added;  // tells ports apart that had the same name one after the other
    Sample older;
    Sample younger;

    explicit Samples(const Network::RunningPort& port);
    void take(const Sample& sample);
  };

  static Sample sample(const Network::RunningPort& port, TimePoint now);
  Samples& samples_of(const Network::RunningPort& port);

  std::map<std::string, Samples> samples_;  // by port name
};

}  // namespace tapswitch::api
