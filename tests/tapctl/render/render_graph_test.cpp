// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tapswitch::tapctl {
namespace render_graph_test {

using testing::HasSubstr;
using testing::Not;

Json access(int vid) { return {{"mode", "access"}, {"pvid", vid}}; }

Json port(const char* name, Json vlan) {
  return {{"name", name},
          {"switch", "sw0"},
          {"state", "up"},
          {"namespace", ""},
          {"addresses", Json::array()},
          {"vlan", std::move(vlan)}};
}

// Compilers differ in what a list of one value in braces is: its copy, or an array.
Json network(const std::vector<Json>& ports) {
  return {{"switches", Json::array({{{"name", "sw0"}}})},
          {"vlans", Json::array({{{"switch", "sw0"}, {"vid", 10}, {"name", "office"}}})},
          {"ports", ports}};
}

TEST(RenderGraph, EmptyNetworkIsAGraphToo) {
  EXPECT_THAT(render_graph({{"switches", Json::array()}, {"ports", Json::array()}}),
              testing::AllOf(testing::StartsWith("graph tapswitch {\n"), testing::EndsWith("}\n")));
}

TEST(RenderGraph, TextOfStrangersGivesNoOrders) {
  Json evil = port("alice", access(10));
  evil["addresses"] = {"\u009b31m\x1b"};
  const std::string graph = render_graph(network({evil}));
  EXPECT_EQ(graph.find('\x1b'), std::string::npos);
  EXPECT_EQ(graph.find("\u009b"), std::string::npos);
}

TEST(RenderGraph, AccessPortHangsOnItsVlanAndThatOnTheSwitch) {
  const std::string graph = render_graph(network({port("alice", access(10))}));
  EXPECT_THAT(graph, HasSubstr("  \"switch sw0\" [label=\"sw0\", style=bold];\n"));
  EXPECT_THAT(graph, HasSubstr("  \"vlan 10 of sw0\" [label=\"VLAN 10\\noffice\""));
  EXPECT_THAT(graph, HasSubstr("  \"switch sw0\" -- \"vlan 10 of sw0\";\n"));
  EXPECT_THAT(graph, HasSubstr("  \"vlan 10 of sw0\" -- \"port alice\";\n"));
}

TEST(RenderGraph, VlanWithoutANameIsThereIfAPortIsInIt) {
  const std::string graph = render_graph(network({port("alice", access(20))}));
  EXPECT_THAT(graph, HasSubstr("  \"vlan 20 of sw0\" [label=\"VLAN 20\""));
}

TEST(RenderGraph, TrunkHangsOnTheSwitchAndTellsItsVlans) {
  const Json trunk = {{"mode", "trunk"}, {"native", 1}, {"allowed", "10,20"}};
  EXPECT_THAT(render_graph(network({port("uplink", trunk)})),
              HasSubstr("  \"switch sw0\" -- \"port uplink\" [label=\"trunk 10,20\"];\n"));
}

TEST(RenderGraph, TunnelTellsThatItIsOne) {
  const Json tunnel = {{"mode", "dot1q-tunnel"}, {"pvid", 10}};
  EXPECT_THAT(render_graph(network({port("q", tunnel)})),
              HasSubstr("  \"vlan 10 of sw0\" -- \"port q\" [label=\"tunnel\"];\n"));
}

TEST(RenderGraph, PortTellsItsAddressesItsNamespaceAndWhatIsWrong) {
  Json alice = port("alice", access(10));
  alice["addresses"] = {"10.0.0.1/24", "fd00::1/64"};
  alice["namespace"] = "lab";
  alice["state"] = "lost";
  EXPECT_THAT(render_graph(network({alice})),
              HasSubstr(R"([label="alice\n10.0.0.1/24\nfd00::1/64\nin lab\nlost", color=red)"));
}

TEST(RenderGraph, StationsAreDrawnWhereTheyAreAskedFor) {
  Json one = network({port("alice", access(10))});
  EXPECT_THAT(render_graph(one), Not(HasSubstr("station")));
  one["entries"] = Json::array({{{"switch", "sw0"},
                                 {"mac", "02:00:00:00:00:01"},
                                 {"vlan", 10},
                                 {"port", "alice"},
                                 {"kind", "static"}}});
  const std::string graph = render_graph(one);
  EXPECT_THAT(graph, HasSubstr(R"([shape=plaintext, label="02:00:00:00:00:01\nstatic"];)"));
  EXPECT_THAT(graph, HasSubstr("  \"port alice\" -- \"station 02:00:00:00:00:01 in vlan 10 of sw0\""
                               " [label=\"VLAN 10\"];\n"));
}

TEST(RenderGraph, StrangeTextCannotLeaveItsQuotationMarks) {
  Json alice = port("alice", access(10));
  alice["namespace"] = "/a\"b\\c\n";
  EXPECT_THAT(render_graph(network({alice})), HasSubstr(R"(in /a\"b\\c\\x0a")"));
}

}  // namespace render_graph_test
}  // namespace tapswitch::tapctl
