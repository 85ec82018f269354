// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_tree.hpp"

#include <gtest/gtest.h>

namespace tapswitch::tapctl {
namespace render_tree_test {

TEST(RenderTree, IsATableBelowWhoIsTheRoot) {
  const Json tree = Json::parse(R"({
    "switch": "sw3", "mode": "rstp",
    "bridge": {"priority": 12288, "address": "02:00:00:00:00:03"},
    "root": {"priority": 4096, "address": "02:00:00:00:00:01", "path_cost": 2000, "port": "r31"},
    "hello_seconds": 2, "max_age_seconds": 20, "forward_delay_seconds": 15,
    "topology_changes": 3, "seconds_since_change": 12,
    "ports": [
      {"name": "r32", "number": 1, "role": "alternate", "state": "discarding", "path_cost": 2000,
       "priority": 128, "edge": false, "point_to_point": true, "protocol": "rstp", "guard": null},
      {"name": "r31", "number": 2, "role": "root", "state": "forwarding", "path_cost": 2000,
       "priority": 128, "edge": false, "point_to_point": false, "protocol": "stp", "guard": null},
      {"name": "x", "number": 3, "role": "disabled", "state": "discarding", "path_cost": 2000,
       "priority": 128, "edge": true, "point_to_point": true, "protocol": "rstp",
       "guard": "bpdu"}]})");
  EXPECT_EQ(render_tree(tree, {}),
            "switch sw3 (rstp)\n"
            "  root     4096 02:00:00:00:00:01  cost 2000, port r31\n"
            "  bridge   12288 02:00:00:00:00:03\n"
            "  times    hello 2 s, max age 20 s, forward delay 15 s\n"
            "  changes  3, the last 12 s ago\n"
            "\n"
            "PORT  ROLE       STATE       COST  PRIO.NBR  LINK\n"
            "r32   alternate  discarding  2000     128.1  p2p\n"
            "r31   root       forwarding  2000     128.2  shared stp\n"
            "x     disabled   discarding  2000     128.3  p2p edge bpdu_guard\n");
}

TEST(RenderTree, SwitchWithoutOneSaysSo) {
  EXPECT_EQ(render_tree({{"switch", "sw0"}, {"mode", "off"}, {"ports", Json::array()}}, {}),
            "switch sw0 has no spanning tree\n");
}

TEST(RenderTree, EventsSayWhatAPortIsNow) {
  const Json port = {{"name", "a"}, {"role", "root"}, {"state", "forwarding"}, {"guard", nullptr}};
  EXPECT_EQ(tree_event_text("role", port), "port a is root, forwarding");
  EXPECT_EQ(tree_event_text("topology_change", port), "topology change at port a");
  EXPECT_EQ(tree_event_text("guard", port), "port a is held back by no guard any more");
  Json guarded = port;
  guarded["guard"] = "root";
  EXPECT_EQ(tree_event_text("guard", guarded), "port a is held back by its root_guard");
}

}  // namespace render_tree_test
}  // namespace tapswitch::tapctl
