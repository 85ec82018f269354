// SPDX-License-Identifier: Apache-2.0
// subscribing_work.hpp: tells a new subscriber the number of its subscription and the state from
// which on it is told of changes.
//
// Theory of operation: the state is that of the moment in which the subscription begins. It is
// taken at once, as values that cost little to take, and told bit by bit; the session keeps events
// back until the reply is whole. Threads: the control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/in_pieces.hpp"
#include "control/events/event_hub.hpp"
#include "control/network/network.hpp"
#include "control/rpc/outlet.hpp"
#include "control/rpc/work.hpp"

namespace tapswitch::api {

class SubscribingWork final : public rpc::Work {
 public:
  // Both must outlive it.
  SubscribingWork(network::Network& network, rpc::Outlet& outlet, events::Wish wish);

  // Throws what EventHub::subscribe() and Network::snapshot_stations() throw, and std::bad_alloc;
  // then there is no subscription.
  [[nodiscard]] std::optional<std::string> go_on() override;

 private:
  void begin();
  template <class Thing>
  void say(std::string_view key, std::optional<std::vector<Thing>> things,
           std::string (*line_of)(const Thing&));

  network::Network& network_;
  rpc::Outlet& outlet_;
  const events::Wish wish_;
  std::optional<std::uint64_t> subscription_;
  InPieces answer_;
  bool is_first_ = true;
};

}  // namespace tapswitch::api
