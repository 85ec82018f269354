// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_event.hpp"

#include <gtest/gtest.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {
namespace render_event_test {

Json event(const char* topic, const char* what, Json data) {
  return {{"subscription", 1},      {"sequence", 7},   {"topic", topic},
          {"event", what},          {"switch", "sw0"}, {"time", "2026-11-23T12:34:56.789Z"},
          {"data", std::move(data)}};
}

std::string line_of(const char* topic, const char* what, Json data) {
  const std::string line = render_event(event(topic, what, std::move(data)));
  const std::string beginning = local_time("2026-11-23T12:34:56.789Z").substr(11) + "  sw0  ";
  EXPECT_EQ(line.substr(0, beginning.size()), beginning);
  return line.substr(beginning.size());
}

TEST(RenderEvent, PortTellsItsStateAndVlan) {
  const Json port = {
      {"name", "alice"}, {"state", "up"}, {"vlan", {{"mode", "access"}, {"pvid", 10}}}};
  EXPECT_EQ(line_of("port", "added", port), "port alice added (up, VLAN 10)\n");
  EXPECT_EQ(line_of("port", "lost", port), "port alice lost (up, VLAN 10)\n");
  EXPECT_EQ(line_of("port", "removed", {{"name", "alice"}}), "port alice removed\n");
}

TEST(RenderEvent, StormTellsItsClassAndWhatItHasCost) {
  const Json port = {{"name", "alice"},
                     {"state", "up"},
                     {"vlan", {{"mode", "access"}, {"pvid", 10}}},
                     {"storm", {{"class", "broadcast"}, {"dropped", 42}}}};
  EXPECT_EQ(line_of("port", "storm", port), "port alice storm: broadcast, 42 frames dropped\n");
  EXPECT_EQ(line_of("port", "calm", port), "port alice calm: broadcast, 42 frames dropped\n");
}

TEST(RenderEvent, StationThatMovesTellsWhereItWas) {
  Json station = {{"mac", "02:00:00:00:00:0a"}, {"vlan", 10}, {"port", "bob"}};
  EXPECT_EQ(line_of("fdb", "learned", station),
            "station 02:00:00:00:00:0a learned on bob, VLAN 10\n");
  station["old_port"] = "alice";
  EXPECT_EQ(line_of("fdb", "moved", station),
            "station 02:00:00:00:00:0a moved on bob, VLAN 10, was on alice\n");
}

TEST(RenderEvent, LostEventsAreCounted) {
  EXPECT_EQ(line_of("event", "lost", {{"count", 12}}), "12 events lost\n");
}

TEST(RenderEvent, OtherTopicsHaveALineToo) {
  EXPECT_EQ(line_of("switch", "added", {{"name", "sw0"}}), "switch sw0 added\n");
  EXPECT_EQ(line_of("vlan", "changed", {{"vid", 10}, {"name", "office"}}),
            "VLAN 10 is called office\n");
  EXPECT_EQ(line_of("config", "changed", {{"revision", 4}}), "revision 4\n");
  EXPECT_EQ(line_of("stats", "sample", {{"stations", 5}}), "5 stations\n");
  EXPECT_EQ(line_of("log", "line", {{"level", "info"}, {"text", "hello"}}), "info: hello\n");
  EXPECT_EQ(line_of("capture", "started", {{"capture", 3}}), "capture 3 started\n");
  const Json ended = {{"capture", 3}, {"frames", 7}, {"missed", 1}, {"why", "stopped"}};
  EXPECT_EQ(line_of("capture", "ended", ended), "capture 3 ended: 7 frames, 1 missed: stopped\n");
}

TEST(RenderEvent, WhatIsNotKnownIsShownAsItIs) {
  EXPECT_EQ(line_of("weather", "rain", {{"mm", 3}}), "weather rain {\"mm\":3}\n");
  EXPECT_EQ(line_of("log", "line", {{"level", "info"}, {"text", "\x1b[31m"}}).find('\x1b'),
            std::string::npos);
}

}  // namespace render_event_test
}  // namespace tapswitch::tapctl
