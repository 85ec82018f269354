// SPDX-License-Identifier: Apache-2.0
#include "control/api/rate_meter.hpp"

#include <numeric>

namespace tapswitch::api {
namespace {

using std::chrono::microseconds;

// Over less than this, a rate would be noise.
constexpr std::chrono::milliseconds shortest_interval{500};

std::uint64_t per_second(std::uint64_t count, microseconds interval) {
  return static_cast<std::uint64_t>(static_cast<double>(count) * 1e6 /
                                    static_cast<double>(interval.count()));
}

std::uint64_t frames(const std::array<std::uint64_t, address_kind_count>& by_kind) {
  return std::accumulate(by_kind.begin(), by_kind.end(), std::uint64_t{0});
}

}  // namespace

void RateMeter::tick(const Network& network, TimePoint now) {
  if (now - asked_ > attention) {
    samples_.clear();
    return;
  }
  std::erase_if(samples_, [&network](const auto& entry) {
    const auto port = network.ports().find(entry.first);
    return port == network.ports().end() || port->second.added != entry.second.added;
  });
  for (auto& [name, samples] : samples_) {
    samples.take({.at = now, .totals = network.ports().at(name).totals()});
  }
}

Json RateMeter::rates(const Network::RunningPort& port, TimePoint now) {
  asked_ = now;
  Samples& samples = samples_.try_emplace(port.spec.name, port).first->second;
  if (samples.added != port.added) {
    samples = Samples(port);
  }
  const Sample present{.at = now, .totals = port.totals()};
  const Sample& base =
      now - samples.younger.at >= shortest_interval ? samples.younger : samples.older;
  const auto interval =
      std::max(std::chrono::duration_cast<microseconds>(now - base.at), microseconds(1));
  const PortTotals& totals = present.totals;
  const Json json = {
      {"in_bits_per_second", per_second(8 * (totals.in_octets - base.totals.in_octets), interval)},
      {"in_frames_per_second",
       per_second(frames(totals.in_frames) - frames(base.totals.in_frames), interval)},
      {"out_bits_per_second",
       per_second(8 * (totals.out_octets - base.totals.out_octets), interval)},
      {"out_frames_per_second",
       per_second(frames(totals.out_frames) - frames(base.totals.out_frames), interval)},
      {"interval_microseconds", interval.count()}};
  samples.take(present);
  return json;
}

RateMeter::Samples::Samples(const Network::RunningPort& port)
    : added(port.added),
      older{.at = port.added, .totals = {}},
      younger{.at = port.added, .totals = {}} {}

void RateMeter::Samples::take(const Sample& sample) {
  if (sample.at - younger.at >= shortest_interval) {
    older = younger;
    younger = sample;
  }
}

}  // namespace tapswitch::api
