// SPDX-License-Identifier: Apache-2.0
// lan.hpp: a switch with stations on socket pairs, for tests of the engine: real workers and real
// readiness, no root.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "switch/engine/switch.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/socket_port.hpp"

namespace tapswitch::test {

constexpr MacAddress alice{0x0200'0000'000a};
constexpr MacAddress bob{0x0200'0000'000b};
constexpr MacAddress carol{0x0200'0000'000c};
constexpr MacAddress everybody{0xffff'ffff'ffff};

using Bytes = std::vector<std::byte>;

class Lan {
 public:
  explicit Lan(
      std::size_t workers = 1, const SwitchOptions& options = {},
      Worker::PortNews on_news = [](PortIndex) {}, std::chrono::microseconds busy_poll = {},
      std::function<void()> on_punt = [] {})
      : pool_(workers, busy_poll),
        engine_(pool_, options, std::move(on_news), std::move(on_punt)) {}

  // One more port; its cable is cable(i) for the i-th call.
  PortIndex plug(const PortRule& rule = {}, int buffer_size = 1 << 20) {
    return plug(rule, make_socket_port(buffer_size));
  }

  // The same for a port that takes 'offloads'. On its cable a virtio-net header precedes each
  // frame.
  PortIndex plug(const PortRule& rule, const OffloadSet& offloads) {
    return plug(rule, make_socket_port(1 << 20, offloads));
  }

  PortIndex plug(const PortRule& rule, SocketPortPair pair) {
    return plug(rule, std::move(pair.port), std::move(pair.cable));
  }

  // The same for a port that ends in that cable in some way.
  PortIndex plug(const PortRule& rule, std::unique_ptr<Port> port, Cable cable) {
    cables_.push_back(std::move(cable));
    return *engine_.add_port(std::move(port), rule);
  }

  [[nodiscard]] Cable& cable(std::size_t i) { return cables_[i]; }
  [[nodiscard]] Switch& engine() { return engine_; }
  [[nodiscard]] WorkerPool& pool() { return pool_; }

  // Waits until every worker has done what was there for it to do: what came in before is out.
  void settle() {
    for (int turn = 0; turn < 3; ++turn) {
      pool_.run_on_all([](Worker&) {});
    }
  }

  [[nodiscard]] std::uint64_t drops(PortIndex port, DropReason reason) const {
    return engine_.totals(port).drops[static_cast<std::size_t>(reason)];
  }

 private:
  WorkerPool pool_;
  Switch engine_;
  std::vector<Cable> cables_;
};

inline FrameBuilder frame(MacAddress from, MacAddress to) {
  return FrameBuilder().from(from).to(to);
}

inline PortRule access(VlanId pvid) {
  PortRule rule;
  rule.vlan.mode = PortMode::access;
  rule.vlan.pvid = pvid;
  return rule;
}

inline PortRule trunk() { return {}; }

}  // namespace tapswitch::test
