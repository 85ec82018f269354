// SPDX-License-Identifier: Apache-2.0
#include "control/api/rate_meter.hpp"

#include <algorithm>
#include <numeric>

#include "control/config/append.hpp"

namespace tapswitch::api {
namespace {

using std::chrono::microseconds;

// So many ports are sampled in one turn of the control thread.
constexpr std::size_t sampled_at_once = 256;

// Over less than this, a rate would be noise.
constexpr std::chrono::milliseconds shortest_interval{500};

std::uint64_t per_second(std::uint64_t count, microseconds interval) {
  return static_cast<std::uint64_t>(static_cast<double>(count) * 1e6 /
                                    static_cast<double>(interval.count()));
}

template <std::size_t size>
std::uint64_t sum(const std::array<std::uint64_t, size>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

bool RateMeter::sample_some(const Network& network, TimePoint now) {
  const Network::Ports& ports = network.ports();
  // A round has left a sample of each port that is there.
  if (round_.is_at_begin() && samples_.size() > ports.size()) {
    std::erase_if(samples_, [&ports](const auto& entry) { return !ports.contains(entry.first); });
  }
  return round_.go_on(ports, sampled_at_once, [&](const Network::RunningPort& port) {
    samples_of(port).take(sample(port, now));
  });
}

Json RateMeter::rates(const Network::RunningPort& port, TimePoint now,
                      std::chrono::seconds interval) {
  Samples& samples = samples_of(port);
  const Sample present = sample(port, now);
  // Whoever asks once a second asks a little earlier at times.
  const Sample base = samples.of_age(interval - shortest_interval, now);
  const auto elapsed =
      std::max(std::chrono::duration_cast<microseconds>(now - base.at), microseconds(1));
  Json json = config::object_of(
      "in_bits_per_second", per_second(8 * (present.in_octets - base.in_octets), elapsed),
      "in_frames_per_second", per_second(present.in_frames - base.in_frames, elapsed),
      "out_bits_per_second", per_second(8 * (present.out_octets - base.out_octets), elapsed),
      "out_frames_per_second", per_second(present.out_frames - base.out_frames, elapsed),
      "drops_per_second", per_second(present.drops - base.drops, elapsed), "interval_microseconds",
      elapsed.count());
  samples.take(present);
  return json;
}

RateMeter::Sample RateMeter::sample(const Network::RunningPort& port, TimePoint now) {
  const PortTotals totals = port.totals();
  return {.at = now,
          .in_octets = totals.in_octets,
          .in_frames = sum(totals.in_frames),
          .out_octets = totals.out_octets,
          .out_frames = sum(totals.out_frames),
          .drops = sum(totals.drops)};
}

RateMeter::Samples& RateMeter::samples_of(const Network::RunningPort& port) {
  Samples& samples = samples_.try_emplace(port.spec.name, port).first->second;
  if (samples.added != port.added) {
    samples = Samples(port);
  }
  return samples;
}

RateMeter::Samples::Samples(const Network::RunningPort& port)
    : added(port.added), taken{{.at = port.added}} {}

void RateMeter::Samples::take(const Sample& sample) {
  if (sample.at - taken.back().at < shortest_interval) {
    return;
  }
  if (taken.size() == max_samples) {
    taken.erase(taken.begin());
  }
  taken.push_back(sample);
}

// The youngest that is at least so old; if there is none, the oldest.
const RateMeter::Sample& RateMeter::Samples::of_age(TimePoint::duration age, TimePoint now) const {
  const auto found = std::find_if(taken.rbegin(), taken.rend(),
                                  [&](const Sample& each) { return now - each.at >= age; });
  return found == taken.rend() ? taken.front() : *found;
}

}  // namespace tapswitch::api
