// SPDX-License-Identifier: Apache-2.0
// render_test.cpp: tests what people see, letter by letter.
#include "tools/tapctl/render/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/terminal/table.hpp"

namespace tapswitch::tapctl {
namespace render_test {

using testing::HasSubstr;

Json port(const char* name, const char* state, Json vlan) {
  return {{"name", name}, {"switch", "sw0"}, {"state", state}, {"vlan", std::move(vlan)}};
}

Json access_vlan(int pvid) { return {{"mode", "access"}, {"pvid", pvid}}; }

Json trunk(const char* allowed) { return {{"mode", "trunk"}, {"native", 1}, {"allowed", allowed}}; }

std::string shown(const std::string& method, const Json& result, const Json& params = {}) {
  return render(method, params, result, Style());
}

TEST(Table, ColumnsAreAlignedAndLinesEndWithoutSpaces) {
  Table table({{"NAME"}, {"COUNT", Column::Side::right}, {"WHY"}});
  table.add({{"B\xc3\xbcro"}, {"7"}, {"x"}});
  table.add({{"laboratory"}, {"123456"}, {"longer"}});
  EXPECT_EQ(table.to_text(Style()),
            "NAME         COUNT  WHY\n"
            "B\xc3\xbcro             7  x\n"
            "laboratory  123456  longer\n");
}

TEST(Table, OnlyAnElasticColumnIsCutAndOnlyAsFarAsNeeded) {
  Table table({{"A"}, {.heading = "B", .is_elastic = true}, {"C"}});
  table.add({{"aaaa"},
             {"\xc3\xbc"
              "12345678901234567890123456789"},
             {"cccc"}});
  EXPECT_EQ(table.to_text({.width = 41}),
            "A     B                              C\n"
            "aaaa  \xc3\xbc"
            "1234567890123456789012345...  cccc\n");
  EXPECT_EQ(table.to_text({.width = 42}), table.to_text(Style()));
  // Narrower than this there would be nothing left to read.
  EXPECT_EQ(table.to_text({.width = 1}),
            "A     B               C\n"
            "aaaa  \xc3\xbc"
            "1234567890...  cccc\n");
}

TEST(Table, ColourTakesNoRoom) {
  Table table({{"A"}, {"B"}});
  table.add({{"up", Colour::good}, {"x"}});
  EXPECT_EQ(table.to_text({.in_colour = true}),
            "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n"
            "\x1b[32mup\x1b[0m  x\n");
}

TEST(Table, CellGivesNoOrdersToTheTerminal) {
  Table table({{"A"}, {"B"}});
  table.add({{"\x1b[2J\u009b"}, {"a\u202eb"}});
  EXPECT_EQ(table.to_text(Style()),
            "A              B\n"
            "\\x1b[2J\\u009b  a\\u202eb\n");
}

TEST(RenderDocument, GivesNoOrdersToTheTerminalAndStaysTheSame) {
  const Json document = {{"description", "\x1b[2J \u009b31m \x7f \u202e grün"}};
  const std::string text = shown("config.get", document);
  EXPECT_EQ(text, "{\n  \"description\": \"\\u001b[2J \\u009b31m \\u007f \\u202e grün\"\n}\n");
  EXPECT_EQ(Json::parse(text), document);
}

TEST(RenderPorts, TableHasRatesAndDropsOfEach) {
  const Json list = {{"ports",
                      {port("alice", "up", access_vlan(10)), port("uplink", "up", trunk("10,20")),
                       port("new", "no_carrier", trunk("1-4094"))}}};
  const Json rates = {
      {"ports",
       {{"alice", {{"in_bits_per_second", 1'200'000'000}, {"out_bits_per_second", 3'400'000}}},
        {"uplink", {{"in_bits_per_second", 3'400'000}, {"out_bits_per_second", 1'200'000'000}}}}}};
  const Json statistics = {
      {"ports",
       {{"alice", {{"drops", Json::object()}}},
        {"uplink", {{"drops", {{"no_egress", 1}, {"vlan_not_allowed", 12}}}}}}}};
  EXPECT_EQ(render_ports(list, rates, statistics, Style()),
            "PORT    SWITCH  STATE       VLAN         RX          TX          DROPS\n"
            "alice   sw0     up          10           1.2 Gbit/s  3.4 Mbit/s  0\n"
            "uplink  sw0     up          trunk 10,20  3.4 Mbit/s  1.2 Gbit/s  "
            "13 (12 vlan_not_allowed, 1 no_egress)\n"
            "new     sw0     no_carrier  trunk all    -           -           -\n");
}

TEST(RenderPorts, LongVlanSetIsShownInFullToPrograms) {
  const char* set = "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49";
  const Json list = {{"ports", {port("a", "up", trunk(set))}}};
  EXPECT_THAT(render_ports(list, Json::object(), Json::object(), Style()),
              HasSubstr(std::string("trunk ") + set + "  "));
}

TEST(RenderPorts, LongVlanSetIsCutToTheWidthOfTheTerminal) {
  const Json list = {{"ports", {port("a", "up", trunk("1,3,5,7,9,11,13,15,17,19,21,23,25"))}}};
  EXPECT_EQ(render_ports(list, Json::object(), Json::object(), {.width = 60}),
            "PORT  SWITCH  STATE  VLAN                      RX  TX  DROPS\n"
            "a     sw0     up     trunk 1,3,5,7,9,11,13...  -   -   -\n");
}

TEST(RenderPorts, NoPortsIsSaid) {
  EXPECT_EQ(render_ports({{"ports", Json::array()}}, Json::object(), Json::object(), Style()),
            "no ports\n");
}

TEST(RenderPorts, VlanInShort) {
  EXPECT_EQ(vlan_in_short(access_vlan(10)), "10");
  EXPECT_EQ(vlan_in_short(trunk("1-4094")), "trunk all");
  EXPECT_EQ(vlan_in_short(trunk("10,20")), "trunk 10,20");
  EXPECT_EQ(vlan_in_short({{"mode", "dot1q-tunnel"}, {"pvid", 100}}), "tunnel 100");
}

TEST(Render, ChangesAreToldInALine) {
  EXPECT_EQ(shown("port.add", port("alice", "up", access_vlan(10))),
            "added port alice (up, VLAN 10)\n");
  Json warned = port("alice", "up", access_vlan(10));
  warned["warnings"] = {"one thing", "and\nanother"};
  EXPECT_EQ(shown("port.add", warned),
            "added port alice (up, VLAN 10)\n"
            "warning: one thing\n"
            "warning: and\\x0aanother\n");
  EXPECT_EQ(shown("port.set", port("alice", "down", trunk("10,20"))),
            "changed port alice (down, trunk 10,20)\n");
  EXPECT_EQ(shown("port.remove", Json::object(), {{"name", "alice"}}), "removed port alice\n");
  EXPECT_EQ(shown("switch.add", {{"name", "sw1"}}), "added switch sw1\n");
  EXPECT_EQ(shown("switch.set", {{"name", "sw1"}}), "changed switch sw1\n");
  EXPECT_EQ(shown("switch.remove", Json::object(), {{"name", "sw1"}}), "removed switch sw1\n");
  EXPECT_EQ(shown("vlan.set", {{"vid", 10}, {"name", "office"}}), "VLAN 10 is called office\n");
  EXPECT_EQ(shown("vlan.set", {{"vid", 10}, {"name", nullptr}}), "VLAN 10 has no name now\n");
  EXPECT_EQ(
      shown("fdb.add",
            {{"mac", "02:00:00:00:00:0a"}, {"vlan", 10}, {"port", "alice"}, {"kind", "static"}}),
      "added 02:00:00:00:00:0a in VLAN 10 on port alice (static)\n");
  EXPECT_EQ(shown("fdb.remove", Json::object(), {{"mac", "02:00:00:00:00:0a"}, {"vlan", 10}}),
            "removed 02:00:00:00:00:0a from VLAN 10\n");
  EXPECT_EQ(shown("fdb.flush", {{"removed", 1}}), "removed 1 entry\n");
  EXPECT_EQ(shown("system.shutdown", Json::object()), "the daemon shuts down\n");
}

TEST(Render, DryRunTellsThePlanWhateverTheMethod) {
  EXPECT_EQ(shown("port.add", {{"plan", {"+ port q"}}}), "would do: + port q\n");
  EXPECT_EQ(shown("port.set", {{"plan", Json::array()}}), "nothing would change\n");
}

TEST(Render, StationsInATable) {
  Json list = {{"entries",
                {{{"mac", "02:00:00:00:00:02"},
                  {"vlan", 20},
                  {"port", "b"},
                  {"kind", "dynamic"},
                  {"age_seconds", 75}},
                 {{"mac", "02:00:00:00:00:03"},
                  {"vlan", 1},
                  {"port", "b"},
                  {"kind", "dynamic"},
                  {"age_seconds", 0}},
                 {{"mac", "02:00:00:00:00:01"},
                  {"vlan", 20},
                  {"port", "a"},
                  {"kind", "static"},
                  {"age_seconds", 0}}}},
               {"next_cursor", nullptr}};
  sort_stations(list["entries"]);
  EXPECT_EQ(shown("fdb.list", list),
            "MAC                VLAN  PORT  KIND            AGE\n"
            "02:00:00:00:00:03     1  b     dynamic         0 s\n"
            "02:00:00:00:00:01    20  a     static            -\n"
            "02:00:00:00:00:02    20  b     dynamic  1 min 15 s\n");
}

TEST(Render, VlansInATable) {
  const Json office = {{"switch", "sw0"},      {"vid", 10},     {"name", "office"},
                       {"tagged", {"uplink"}}, {"stations", 3}, {"untagged", {"alice", "bob"}},
                       {"in_frames", 12345}};
  Json nameless = {{"switch", "sw0"},         {"vid", 200},    {"name", nullptr},
                   {"tagged", Json::array()}, {"stations", 0}, {"untagged", Json::array()},
                   {"in_frames", 0}};
  EXPECT_EQ(shown("vlan.list", {{"vlans", {office, nameless}}}),
            "VLAN  NAME    UNTAGGED    TAGGED  STATIONS  FRAMES\n"
            "  10  office  alice, bob  uplink         3   12345\n"
            " 200  -       -           -              0       0\n");
  nameless["switch"] = "sw1";
  EXPECT_THAT(shown("vlan.list", {{"vlans", {office, nameless}}}), HasSubstr("sw1      200  -"));
}

TEST(Render, SwitchesInATable) {
  EXPECT_EQ(shown("switch.list",
                  {{"switches",
                    {{{"name", "sw0"},
                      {"fdb", {{"ageing_seconds", 300}, {"capacity", 16384}, {"stations", 2}}},
                      {"forward_reserved", {"lldp"}},
                      {"ports", 3}}}}}),
            "SWITCH  PORTS  STATIONS  CAPACITY  AGEING  FORWARDS RESERVED\n"
            "sw0         3         2     16384   300 s  lldp\n");
}

Json counts() {
  return {{"in_octets", 1'234'567},    {"in_unicast", 1},         {"in_multicast", 2},
          {"in_broadcast", 3},         {"out_octets", 60},        {"out_unicast", 0},
          {"out_multicast", 1},        {"out_broadcast", 0},      {"drops", {{"no_egress", 4}}},
          {"ingress_kernel_drops", 5}, {"egress_kernel_drops", 6}};
}

TEST(Render, CapturesInATable) {
  EXPECT_EQ(shown("capture.list", {{"captures", Json::array()}}), "no captures\n");
  const Json capture = {{"capture", 3},    {"ports", {"a", "b"}}, {"switch", nullptr},
                        {"filter", "arp"}, {"direction", "in"},   {"frames", 7},
                        {"octets", 900},   {"missed", 0}};
  EXPECT_EQ(shown("capture.list", {{"captures", {capture}}}),
            "CAPTURE  SWITCH  PORTS  DIRECTION  FRAMES  OCTETS  MISSED  FILTER\n"
            "      3  all     a, b   in              7     900       0  arp\n");
  EXPECT_EQ(shown("capture.stop", Json::object(), {{"capture", 3}}), "stops 3\n");
}

TEST(Render, MirrorsInATable) {
  EXPECT_EQ(shown("mirror.list", {{"mirrors", Json::array()}}), "no mirrors\n");
  const Json of_two = {{"name", "m"},          {"switch", "sw0"},   {"from_port", {"a", "b"}},
                       {"from_vlan", "10,20"}, {"direction", "in"}, {"to_port", "ids"},
                       {"snaplen", 0},         {"filter", "arp"}};
  const Json of_all = {{"name", "n"},     {"switch", "sw0"},     {"from_port", Json::array()},
                       {"from_vlan", ""}, {"direction", "both"}, {"to_port", "ids"},
                       {"snaplen", 0},    {"filter", ""}};
  EXPECT_EQ(shown("mirror.list", {{"mirrors", {of_two, of_all}}}),
            "MIRROR  SWITCH  FROM  VLAN   DIRECTION  TO   FILTER\n"
            "m       sw0     a, b  10,20  in         ids  arp\n"
            "n       sw0     all   all    both       ids  -\n");
  EXPECT_EQ(shown("mirror.add", of_two), "mirrors to ids\n");
  EXPECT_EQ(shown("mirror.remove", Json::object(), {{"name", "m"}}), "removed mirror m\n");
}

TEST(Render, StatisticsOfPortsAddTheKindsOfFramesAndTellWhatReasonsMean) {
  EXPECT_EQ(shown("stats.get", {{"ports", {{"a", counts()}}}}),
            "PORT  IN FRAMES  IN OCTETS  OUT FRAMES  OUT OCTETS  KERNEL DROPS  DROPS\n"
            "a             6    1234567           1          60            11  4 (4 no_egress)\n"
            "\n"
            "DROP REASON  MEANING\n"
            "no_egress    to be flooded, but no other port takes it\n");
}

TEST(Render, StatisticsOfPortsWithoutDropsNeedNoLegend) {
  Json without = counts();
  without["drops"] = Json::object();
  EXPECT_THAT(shown("stats.get", {{"ports", {{"a", without}}}}),
              testing::Not(HasSubstr("MEANING")));
}

TEST(Render, StatisticsOfOnePortTellTheKindsOfFramesAndWhyTheyWereDropped) {
  const Json params = {{"port", "a"}};
  Json result = {{"ports", {{"a", counts()}}}};
  result["ports"]["a"]["drops"] = {{"no_egress", 4}, {"busy", 0}, {"of_the_future", 17}};
  EXPECT_EQ(shown("stats.get", result, params),
            "a                  IN  OUT\n"
            "octets        1234567   60\n"
            "unicast             1    0\n"
            "multicast           2    1\n"
            "broadcast           3    0\n"
            "kernel drops        5    6\n"
            "\n"
            "DROPS  REASON         MEANING\n"
            "   17  of_the_future  -\n"
            "    4  no_egress      to be flooded, but no other port takes it\n");
  result["ports"]["a"]["drops"] = Json::object();
  EXPECT_THAT(shown("stats.get", result, params), testing::EndsWith("\nno drops\n"));
}

TEST(Render, LargeCountsAreRoundedForPeopleOnly) {
  const Json result = {{"ports", {{"a", counts()}}}};
  const Style for_people{.is_exact = false};
  EXPECT_THAT(render("stats.get", Json::object(), result, for_people), HasSubstr("  1.2 M  "));
  EXPECT_THAT(render("stats.get", {{"port", "a"}}, result, for_people), HasSubstr("  1.2 M  "));
  EXPECT_THAT(render("stats.get", Json::object(), result, Style()), HasSubstr("  1234567  "));
}

TEST(Render, StatisticsOfSwitchesAndVlans) {
  EXPECT_EQ(shown("stats.get", {{"ports", Json::object()},
                                {"switches",
                                 {{"sw0",
                                   {{"stations", 1},
                                    {"fdb_added", 2},
                                    {"fdb_moved", 3},
                                    {"fdb_aged", 4},
                                    {"fdb_evicted", 7},
                                    {"fdb_refused_table_full", 5},
                                    {"fdb_refused_port_full", 6}}}}}}),
            "SWITCH  STATIONS  LEARNED  MOVED  AGED  EVICTED  TABLE FULL  PORT FULL\n"
            "sw0            1        2      3     4        7           5          6\n");
  EXPECT_EQ(shown("stats.get", {{"vlans", {{"sw0", {{"in_frames", 7}, {"in_octets", 420}}}}}}),
            "SWITCH  IN FRAMES  IN OCTETS\n"
            "sw0             7        420\n");
  EXPECT_EQ(shown("stats.get", {{"ports", Json::object()}}), "nothing to count\n");
}

TEST(Render, RatesInATable) {
  EXPECT_EQ(shown("stats.rates", {{"ports",
                                   {{"a",
                                     {{"in_bits_per_second", 1000},
                                      {"in_frames_per_second", 2},
                                      {"out_bits_per_second", 0},
                                      {"out_frames_per_second", 0},
                                      {"drops_per_second", 3},
                                      {"interval_microseconds", 1}}}}}}),
            "PORT  RX          TX       RX FRAMES/S  TX FRAMES/S  DROPS/S\n"
            "a     1.0 kbit/s  0 bit/s            2            0        3\n");
}

TEST(Render, TraceEndsWithItsConclusion) {
  const Json tag = {{"vid", 10}, {"priority", 0}};
  const Json flood = {
      {"outcome", "flood"},
      {"vlan", 10},
      {"egress", {{{"port", "b"}, {"tag", nullptr}}, {{"port", "c"}, {"tag", tag}}}},
      {"steps", {"belongs to VLAN 10", "is broadcast"}}};
  EXPECT_EQ(shown("frame.trace", flood),
            "  1. belongs to VLAN 10\n"
            "  2. is broadcast\n"
            "  => floods to 2 ports in VLAN 10: b (untagged), c (tagged 10)\n");
  const Json unicast = {{"outcome", "unicast"},
                        {"vlan", 10},
                        {"egress", {{{"port", "b"}, {"tag", nullptr}}}},
                        {"steps", Json::array()}};
  EXPECT_EQ(shown("frame.trace", unicast), "  => goes to b (untagged) in VLAN 10\n");
  const Json drop = {{"outcome", "drop"},
                     {"reason", "vlan_not_allowed"},
                     {"egress", Json::array()},
                     {"steps", Json::array()}};
  EXPECT_EQ(shown("frame.trace", drop), "  => dropped: vlan_not_allowed\n");
}

TEST(Render, TraceOfAFloodTellsWhoDoesNotGetIt) {
  const Json flood = {
      {"outcome", "flood"},
      {"vlan", 1},
      {"egress", {{{"port", "b"}, {"tag", nullptr}}}},
      {"dropped",
       {{{"port", "c"}, {"reason", "link_down"}}, {{"port", "d"}, {"reason", "mtu_exceeded"}}}},
      {"steps", Json::array()}};
  EXPECT_EQ(
      shown("frame.trace", flood),
      "  => floods to 1 port in VLAN 1: b (untagged); not to c (link_down), d (mtu_exceeded)\n");
}

TEST(Render, OneObjectIsALineForEachMember) {
  EXPECT_EQ(shown("port.get", {{"name", "alice"},
                               {"link", {{"mac", nullptr}, {"mtu", 1500}}},
                               {"flood", {{"multicast", true}, {"broadcast", false}}},
                               {"fdb_limit", 0},
                               {"description", "by the \x1b[31mwindow"}}),
            "name:        alice\n"
            "link mac:    none\n"
            "link mtu:    1500\n"
            "flood:       multicast\n"
            "fdb limit:   0\n"
            "description: by the \\x1b[31mwindow\n");
}

TEST(Render, DocumentsAndWhatIsUnknownAreJson) {
  EXPECT_EQ(shown("config.get", {{"version", 1}}), "{\n  \"version\": 1\n}\n");
  EXPECT_EQ(shown("some.thing", Json::array()), "[]\n");
}

TEST(Render, FieldsOfTheFutureDoNoHarm) {
  Json later = port("alice", "up", access_vlan(10));
  later["x_colour"] = {{"red", 1}};
  EXPECT_EQ(shown("port.add", later), "added port alice (up, VLAN 10)\n");
}

TEST(Render, ResultWithoutWhatItMustHaveIsNoCrash) {
  EXPECT_THROW(shown("port.add", Json::object()), Json::exception);
  EXPECT_THROW(shown("fdb.list", 7), Json::exception);
}

}  // namespace render_test
}  // namespace tapswitch::tapctl
