// SPDX-License-Identifier: Apache-2.0
#include "control/api/rate_meter.hpp"

#include <algorithm>
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

std::uint64_t sum(const std::array<std::uint64_t, address_kind_count>& by_kind) {
  return std::accumulate(by_kind.begin(), by_kind.end(), std::uint64_t{0});
}

}  // namespace

void RateMeter::tick(const Network& network, TimePoint now) {
  std::erase_if(samples_,
                [&network](const auto& entry) { return !network.ports().contains(entry.first); });
  for (const auto& [name, port] : network.ports()) {
    samples_of(port).take(sample(port, now));
  }
}

Json RateMeter::rates(const Network::RunningPort& port, TimePoint now) {
  Samples& samples = samples_of(port);
  const Sample present = sample(port, now);
  const Sample& base =
      now - samples.younger.at >= shortest_interval ? samples.younger : samples.older;
  const auto interval =
      std::max(std::chrono::duration_cast<microseconds>(now - base.at), microseconds(1));
  Json json = {
      {"in_bits_per_second", per_second(8 * (present.in_octets - base.in_octets), interval)},
      {"in_frames_per_second", per_second(present.in_frames - base.in_frames, interval)},
      {"out_bits_per_second", per_second(8 * (present.out_octets - base.out_octets), interval)},
      {"out_frames_per_second", per_second(present.out_frames - base.out_frames, interval)},
      {"interval_microseconds", interval.count()}};
  samples.take(present);
  return json;
}

RateMeter::Sample RateMeter::sample(const Network::RunningPort& port, TimePoint now) {
  const PortTotals totals = port.totals();
  return {.at = now,
          .in_octets = totals.in_octets,
          .in_frames = sum(totals.in_frames),
          .out_octets = totals.out_octets,
          .out_frames = sum(totals.out_frames)};
}

RateMeter::Samples& RateMeter::samples_of(const Network::RunningPort& port) {
  Samples& samples = samples_.try_emplace(port.spec.name, port).first->second;
  if (samples.added != port.added) {
    samples = Samples(port);
  }
  return samples;
}

RateMeter::Samples::Samples(const Network::RunningPort& port)
    : added(port.added), older{.at = port.added}, younger{.at = port.added} {}

void RateMeter::Samples::take(const Sample& sample) {
  if (sample.at - younger.at >= shortest_interval) {
    older = younger;
    younger = sample;
  }
}

}  // namespace tapswitch::api
