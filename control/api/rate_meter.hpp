// SPDX-License-Identifier: Apache-2.0
// rate_meter.hpp: how fast ports receive and send: the difference between what they have counted
// now and what they had counted at the last sample.
//
// Samples are taken at every tick, whether anybody asks or not, so that the first question is
// answered as well as the hundredth.
// Limits: RateMeter::max_samples of a port, which hold longest_interval.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "control/api/methods.hpp"
#include "control/network/network.hpp"
#include "control/network/port_round.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::api {

using network::Network;

class RateMeter {
 public:
  static constexpr std::chrono::seconds longest_interval{longest_rate_interval_seconds};

  // Samples some of the ports. Returns whether there are more before the round is complete; a round
  // is due about once a second.
  [[nodiscard]] bool sample_some(const Network& network, TimePoint now);

  // Bits, frames and drops per second of 'port' over about the last 'interval', which is at most
  // longest_interval: since the last sample that is old enough, or else since the oldest. A port
  // never sampled before is measured from its beginning.
  [[nodiscard]] Json rates(const Network::RunningPort& port, TimePoint now,
                           std::chrono::seconds interval = std::chrono::seconds(1));

 private:
  struct Sample {
    TimePoint at;
    std::uint64_t in_octets = 0;
    std::uint64_t in_frames = 0;
    std::uint64_t out_octets = 0;
    std::uint64_t out_frames = 0;
    std::uint64_t drops = 0;
  };
  // Ticks and questions may each bring two a second.
  static constexpr std::size_t max_samples = 2 * (longest_interval.count() + 1);

  // Never none: the first is the port's beginning.
  struct Samples {
    TimePoint added;            // tells ports apart that had the same name one after the other
    std::vector<Sample> taken;  // the oldest first

    explicit Samples(const Network::RunningPort& port);
    void take(const Sample& sample);
    [[nodiscard]] const Sample& of_age(TimePoint::duration age, TimePoint now) const;
  };

  static Sample sample(const Network::RunningPort& port, TimePoint now);
  Samples& samples_of(const Network::RunningPort& port);

  std::map<std::string, Samples> samples_;  // by port name
  network::PortRound round_;                // of samples
};

}  // namespace tapswitch::api
