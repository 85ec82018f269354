// SPDX-License-Identifier: Apache-2.0
// decide_bench.cpp: measures what it costs to decide where one frame goes (parse, classify, learn,
// look up, choose), by stations and ports; and to draw a snapshot.
//
// Sources and destinations are drawn at random among the stations, so that nothing is in the cache
// but what fits there. The frames are a few buffers whose addresses are patched some frames ahead:
// fetching frames from memory is the affair of the kernel's read, not of the decision, and so is
// waiting for bytes that were written a moment ago.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include "switch/forwarding/decide.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/huge_page_allocator.hpp"
#include "switch/forwarding/snapshot.hpp"

namespace tapswitch {
namespace {

constexpr std::uint64_t salt = 0x5eed'5eed'5eed'5eed;
constexpr std::size_t frame_size = 64;
constexpr std::size_t window = 16;  // Worker::look_ahead

// Far apart as those of different vendors, and the same in every run.
std::uint64_t scramble(std::uint64_t number) { return number * 0x9e37'79b9'7f4a'7c15; }

MacAddress mac_of(std::uint64_t number) {
  return MacAddress(0x0200'0000'0000 | (scramble(number) >> 24 & 0xff'ffff'ffff));
}

class RandomNumber {
 public:
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    return (state_ >> 32) * bound >> 32;
  }

 private:
  std::uint64_t state_ = 1;
};

std::vector<std::optional<PortRule>> default_ports(std::size_t count) {
  return std::vector<std::optional<PortRule>>(count, PortRule{});
}

// Stations on a switch, spread over its ports.
class Lan {
 public:
  Lan(std::size_t stations, std::size_t ports)
      : stations_(stations),
        ports_(ports),
        snapshot_(SwitchRule{}, default_ports(ports)),
        fdb_(stations, std::chrono::hours(100'000), salt) {
    for (std::size_t i = 0; i < stations; ++i) {
      fdb_.learn({1, mac_of(i)}, port_of(i), 0, now_);
    }
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      write_next();
    }
  }

  [[nodiscard]] std::size_t known() const { return fdb_.size(); }

  // Decides where the oldest frame goes, and puts one from any station to any in its place.
  Decision send() {
    const Frame& frame = frames_[next_];
    const auto view = FrameView::parse(frame.octets);
    const auto classification = classify(snapshot_, frame.ingress, *view);
    fdb_.prefetch({classification->tag.vid, view->destination()});
    const Decision decision = decide_on(frame.ingress, *view, *classification);
    write_next();
    return decision;
  }

  // The same for as many frames as a worker reads ahead: it admits them all before it decides on
  // the first.
  void send_all() {
    std::array<std::optional<Admitted>, window> admitted;
    for (auto& each : admitted) {
      each.emplace(admit());
      next_ = (next_ + 1) % frames_.size();
    }
    for (const auto& each : admitted) {
      benchmark::DoNotOptimize(decide_on(each->ingress, each->view, each->classification));
      write_next();
    }
  }

  void pass(std::chrono::seconds time) { now_ += time; }

 private:
  struct Frame {
    std::array<std::byte, frame_size> octets{};
    PortIndex ingress{};
  };

  struct Admitted {
    PortIndex ingress;
    FrameView view;
    Classification classification;
  };

  Admitted admit() {
    const Frame& frame = frames_[next_];
    const auto view = FrameView::parse(frame.octets);
    const auto classification = classify(snapshot_, frame.ingress, *view);
    fdb_.prefetch({classification->tag.vid, view->source()});
    fdb_.prefetch({classification->tag.vid, view->destination()});
    return {frame.ingress, *view, *classification};
  }

  Decision decide_on(PortIndex ingress, const FrameView& view,
                     const Classification& classification) {
    fdb_.learn({classification.tag.vid, view.source()}, ingress,
               snapshot_.port(ingress).fdb_limit(), now_);
    return decide(snapshot_, fdb_, ingress, view, classification, now_);
  }

  [[nodiscard]] PortIndex port_of(std::uint64_t station) const {
    return static_cast<PortIndex>((scramble(station) >> 32) * ports_ >> 32);
  }

  void write_next() {
    Frame& frame = frames_[next_];
    const std::uint64_t sender = random_.below(stations_);
    const MacAddress source = mac_of(sender);
    const MacAddress destination = mac_of(random_.below(stations_));
    destination.write(frame.octets.data());
    source.write(frame.octets.data() + MacAddress::size);
    frame.ingress = port_of(sender);
    next_ = (next_ + 1) % frames_.size();
  }

  std::size_t stations_;
  std::size_t ports_;
  Snapshot snapshot_;
  Fdb fdb_;
  RandomNumber random_;
  // Some, so that none is read in the moment it was written.
  std::array<Frame, 2 * window> frames_{};
  std::size_t next_ = 0;
  TimePoint now_{};
};

// Decides on a lone frame. Each station was heard in the present second already, as is most often
// so.
void decision(benchmark::State& state) {
  Lan lan(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(lan.send());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["stations"] = static_cast<double>(lan.known());
}
BENCHMARK(decision)
    ->ArgNames({"stations", "ports"})
    ->ArgsProduct({{10, 10'000, 1'000'000}, {2, 100, 1'000}});

// Each frame is the first of its source in its second, so that the entry is written.
void decision_with_refresh(benchmark::State& state) {
  Lan lan(static_cast<std::size_t>(state.range(0)), 100);
  for (auto _ : state) {
    lan.pass(std::chrono::seconds(1));
    benchmark::DoNotOptimize(lan.send());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decision_with_refresh)->ArgName("stations")->Arg(10'000)->Arg(1'000'000);

// As a worker decides that has more frames before it than it reads ahead.
void decision_read_ahead(benchmark::State& state) {
  Lan lan(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  while (state.KeepRunningBatch(window)) {
    lan.send_all();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["stations"] = static_cast<double>(lan.known());
}
BENCHMARK(decision_read_ahead)
    ->ArgNames({"stations", "ports"})
    ->ArgsProduct({{10, 10'000, 1'000'000}, {2, 100, 1'000}});

// The least that a decision among 1,000,000 stations costs if it is awaited: one fetch from a table
// of that size, 32 MiB, on the machine that measures.
void one_fetch_from_32_mib(benchmark::State& state) {
  struct alignas(64) Line {
    std::uint64_t word = 0;
  };
  const std::vector<Line, HugePageAllocator<Line>> lines((32U << 20) / sizeof(Line));
  RandomNumber random;
  std::uint64_t awaited = 0;
  for (auto _ : state) {
    awaited = lines[random.below(lines.size()) ^ awaited].word;
    benchmark::DoNotOptimize(awaited);
  }
}
BENCHMARK(one_fetch_from_32_mib);

// Measures what is not the switch's own work in the figures above: drawing stations, patching the
// frame.
void drawing_and_patching(benchmark::State& state) {
  RandomNumber random;
  std::byte octets[frame_size]{};
  benchmark::DoNotOptimize(&octets);
  for (auto _ : state) {
    mac_of(random.below(10'000)).write(octets);
    mac_of(random.below(10'000)).write(octets + MacAddress::size);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(drawing_and_patching);

// A table that is full and strangers that go on coming.
void refusal(benchmark::State& state) {
  constexpr std::size_t capacity = 16'384;
  Fdb fdb(capacity, std::chrono::hours(1), salt);
  std::uint64_t stranger = 0;
  while (fdb.size() < capacity) {
    fdb.learn({1, mac_of(stranger++)}, PortIndex{0}, 0, TimePoint{});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(fdb.learn({1, mac_of(stranger++)}, PortIndex{0}, 0, TimePoint{}));
  }
}
BENCHMARK(refusal);

void draw(benchmark::State& state, const std::vector<std::optional<PortRule>>& ports) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Snapshot(SwitchRule{}, ports));
  }
}

void snapshot_of_1000_default_ports(benchmark::State& state) { draw(state, default_ports(1'000)); }
BENCHMARK(snapshot_of_1000_default_ports)->Unit(benchmark::kMicrosecond);

// One uplink that carries every VLAN, and each other port in a VLAN of its own.
void snapshot_of_1000_access_ports(benchmark::State& state) {
  auto ports = default_ports(1'000);
  for (std::size_t i = 1; i < ports.size(); ++i) {
    ports[i]->vlan = {.mode = PortMode::access, .pvid = static_cast<VlanId>(i + 1)};
  }
  draw(state, ports);
}
BENCHMARK(snapshot_of_1000_access_ports)->Unit(benchmark::kMicrosecond);

// Half of them access ports of 500 VLANs, half trunks of 40 different ranges of VLANs.
void snapshot_of_1000_mixed_ports(benchmark::State& state) {
  auto ports = default_ports(1'000);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (i % 2 == 0) {
      ports[i]->vlan = {.mode = PortMode::access, .pvid = static_cast<VlanId>(i / 2 + 1)};
      continue;
    }
    VlanSet allowed;
    for (std::size_t vid = 1 + i % 40 * 20; vid <= 200 + i % 40 * 20; ++vid) {
      allowed.insert(static_cast<VlanId>(vid));
    }
    ports[i]->vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = allowed};
  }
  draw(state, ports);
}
BENCHMARK(snapshot_of_1000_mixed_ports)->Unit(benchmark::kMicrosecond);

// Every trunk carries another set than all others.
void snapshot_of_1000_unlike_trunks(benchmark::State& state) {
  auto ports = default_ports(1'000);
  RandomNumber random;
  for (auto& port : ports) {
    VlanSet allowed;
    for (int i = 0; i < 20; ++i) {
      allowed.insert(static_cast<VlanId>(1 + random.below(last_vlan)));
    }
    port->vlan.allowed = allowed;
  }
  draw(state, ports);
}
BENCHMARK(snapshot_of_1000_unlike_trunks)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tapswitch
