// SPDX-License-Identifier: Apache-2.0
// link_stage.hpp: a stage with the parts that follow links, for tests of them and of those that
// work with them. A guest that is seen out stays, and is noted.
#pragma once

#include <string>
#include <vector>

#include "control/network/links.hpp"
#include "tests/network/stage.hpp"

namespace tapswitch::test {

class LinkStage : public Stage {
 protected:
  // The link of 'port' becomes so, and is looked at.
  void become(network::RunningPort& port, const LinkStatus& now) {
    status_of(port) = now;
    links_.look_at(port);
  }

  network::Changes changes_{inventory_, announcer_};
  network::Claims claims_;
  network::StationNews news_{inventory_, events_};
  network::LinkWatch watch_{announcer_};
  network::Wires wires_{inventory_, changes_, announcer_};
  network::Trees trees_{inventory_, announcer_};
  std::vector<std::string> seen_out_;
  network::Links links_{
      {.inventory = inventory_,
       .watch = watch_,
       .wires = wires_,
       .trees = trees_,
       .claims = claims_,
       .changes = changes_,
       .station_news = news_,
       .announcer = announcer_},
      [this](network::RunningPort& guest) { seen_out_.push_back(guest.spec.name); }};
};

}  // namespace tapswitch::test
