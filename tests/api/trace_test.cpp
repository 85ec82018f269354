// SPDX-License-Identifier: Apache-2.0
// Tests what frame.trace tells. That it tells the truth follows from going the same way as the
// workers' frames do; that is tested in tests/engine and tests/forwarding.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/api/lab_fixture.hpp"

namespace tapswitch::test {
namespace trace_test {

// alice: access port of VLAN 10; bob: the same, reached by a static entry; carol: a trunk of VLANs
// 10 and 20 whose native VLAN is 1.
class TraceApi : public LabFixture {
 protected:
  void SetUp() override {
    LabFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) {
      return;
    }
    const Json access = {{"vlan", {{"mode", "access"}, {"pvid", 10}}}};
    add_port("alice", access);
    add_port("bob", access);
    add_port("carol", {{"vlan", {{"mode", "trunk"}, {"allowed", "10,20"}}}});
    call("fdb.add", {{"mac", bob.to_string()}, {"vlan", 10}, {"port", "bob"}});
  }

  Json trace(const std::string& port, const Json& frame) {
    return call("frame.trace", {{"port", port}, {"frame", frame}});
  }

  static Json frame(MacAddress from, MacAddress to) {
    return {{"src", from.to_string()}, {"dst", to.to_string()}};
  }

  static std::string hex(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
      text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return text;
  }

  // Returns what is told of the way from 'source' into the FDB.
  std::string learning(const std::string& port, MacAddress source) {
    return trace(port, frame(source, broadcast))["steps"][3];
  }

  static Json frame(MacAddress from, MacAddress to, int vlan) {
    Json json = frame(from, to);
    json["vlan"] = vlan;
    return json;
  }
};

constexpr MacAddress carol{0x0200'0000'00cc};

const Json tag_10 = {
    {"vid", 10}, {"priority", 0}, {"drop_eligible", false}, {"ethertype", "0x8100"}};

Json leaves(const char* port, const Json& tag = nullptr) { return {{"port", port}, {"tag", tag}}; }

Json is_dropped(const char* port, const char* reason) {
  return {{"port", port}, {"reason", reason}};
}

struct TraceCase {
  const char* name;
  const char* port;
  Json frame;
  Json expected;  // but for the steps
  const char* last_step;
};

TEST_F(TraceApi, FrameIsFollowedToItsEnd) {
  constexpr MacAddress stp{0x0180'c200'0000};
  constexpr MacAddress stranger{0x0200'0000'00dd};
  const auto drop = [](const char* reason) {
    return Json{{"outcome", "drop"}, {"reason", reason}, {"egress", Json::array()}};
  };
  const auto drop_in = [](int vlan, const char* reason) {
    return Json{{"outcome", "drop"}, {"vlan", vlan}, {"reason", reason}, {"egress", Json::array()}};
  };
  const Json flood = {
      {"outcome", "flood"}, {"vlan", 10}, {"egress", {leaves("bob"), leaves("carol", tag_10)}}};
  const Json unicast = {
      {"outcome", "unicast"}, {"vlan", 10}, {"egress", Json::array({leaves("bob")})}};
  const TraceCase cases[] = {
      {"UnknownUnicast", "alice", frame(alice, stranger), flood,
       "leaves by port carol tagged: 0x8100 VID 10 priority 0"},
      {"KnownUnicast", "alice", frame(alice, bob), unicast, "leaves by port bob untagged"},
      {"Broadcast", "alice", frame(alice, broadcast), flood,
       "leaves by port carol tagged: 0x8100 VID 10 priority 0"},
      {"Group", "alice", frame(alice, group), flood,
       "leaves by port carol tagged: 0x8100 VID 10 priority 0"},
      {"TaggedOnATrunk", "carol", frame(alice, bob, 10), unicast, "leaves by port bob untagged"},
      {"BobIsNotKnownInVlan20", "carol", frame(alice, bob, 20), drop_in(20, "no_egress"),
       "dropped: to be flooded, but no other port takes it"},
      {"VlanNotAllowed", "carol", frame(alice, bob, 30), drop("vlan_not_allowed"),
       "dropped: its VLAN is not allowed on the port it came in by"},
      {"VlanReserved", "carol", frame(alice, bob, 4095), drop("vlan_reserved"),
       "dropped: tagged with VID 4095, which 802.1Q reserves"},
      {"GroupSource", "alice", frame(group, bob), drop("group_source"),
       "dropped: the source address is a group address"},
      {"SamePort", "bob", frame(alice, bob), drop_in(10, "same_port"),
       "dropped: its destination is on the port it came in by, and hairpin is off there"},
      {"ReservedAddress", "alice", frame(alice, stp), drop("reserved_address"),
       "dropped: sent to 01-80-C2-00-00-0X, which a bridge does not relay unless forward_reserved "
       "says so"},
      {"Runt", "alice", "00", drop("runt"), "dropped: shorter than an Ethernet header"},
      {"Empty", "alice", "", drop("runt"), "dropped: shorter than an Ethernet header"},
      {"TagCutShort", "carol", "0200000000bb0200000000aa8100000a", drop("tag_truncated"),
       "dropped: announces a VLAN tag but ends before the EtherType behind it"},
      {"HexInAnyCase", "alice", "0200000000BB0200000000aa88b5", unicast,
       "leaves by port bob untagged"},
  };
  for (const TraceCase& example : cases) {
    Json result = trace(example.port, example.frame);
    ASSERT_FALSE(result["steps"].empty()) << example.name;
    EXPECT_EQ(result["steps"].back(), example.last_step) << example.name;
    result.erase("steps");
    EXPECT_EQ(result["dropped"], Json::array()) << example.name;
    result.erase("dropped");
    EXPECT_EQ(result["mirrored"], Json::array()) << example.name;
    result.erase("mirrored");
    EXPECT_EQ(result["kernel_path"]["state"], "off") << example.name;
    EXPECT_FALSE(result["kernel_path"]["reason"].empty()) << example.name;
    result.erase("kernel_path");
    EXPECT_EQ(result, example.expected) << example.name;
  }
}

TEST_F(TraceApi, PriorityOfATagIsKept) {
  // PCP 5, DEI 1, VID 10 from the trunk; bob's port takes the tag off, so let a second trunk see
  // it.
  call("port.set", {{"name", "alice"}, {"vlan", {{"mode", "trunk"}}}});
  const Json result = trace("carol", "ffffffffffff0200000000aa8100b00a88b5");
  EXPECT_EQ(
      result["egress"],
      (Json{
          leaves("alice",
                 {{"vid", 10}, {"priority", 5}, {"drop_eligible", true}, {"ethertype", "0x8100"}}),
          leaves("bob")}));
}

TEST_F(TraceApi, StepsTellTheWholeStory) {
  const Json result = trace("alice", frame(alice, bob));
  EXPECT_EQ(
      result["steps"],
      (Json{"14 bytes from 02:00:00:00:00:aa to 02:00:00:00:00:bb come in by port alice",
            "untagged", "belongs to VLAN 10", "02:00:00:00:00:aa would be learned on port alice",
            "02:00:00:00:00:bb is reached by port bob", "leaves by port bob untagged"}));
}

TEST_F(TraceApi, FrameToOneselfIsDroppedAsItWillBeOnceItsSourceIsLearned) {
  const Json result = trace("alice", frame(alice, alice));
  EXPECT_EQ(result["outcome"], "drop");
  EXPECT_EQ(result["reason"], "same_port");
  call("port.set", {{"name", "alice"}, {"learning", false}});
  EXPECT_EQ(trace("alice", frame(alice, alice))["outcome"], "flood");
}

TEST_F(TraceApi, FrameToOneselfGoesWhereAStaticEntrySays) {
  EXPECT_EQ(trace("alice", frame(bob, bob))["egress"], Json::array({leaves("bob")}));
}

TEST_F(TraceApi, LearningIsForeseen) {
  call("port.set", {{"name", "carol"}, {"fdb_limit", 1}});
  EXPECT_EQ(learning("alice", alice), "02:00:00:00:00:aa would be learned on port alice");
  EXPECT_EQ(learning("alice", bob), "02:00:00:00:00:bb is fixed on port bob by a static entry");
  RawStation receiver = station_on("alice");
  const VlanTag tag{.vid = 10};
  ASSERT_TRUE(station_on("carol").send(FrameBuilder().from(carol).to(broadcast).tag(tag).build()));
  ASSERT_TRUE(receiver.receive());
  EXPECT_EQ(trace("carol", frame(carol, broadcast, 10))["steps"][3],
            "02:00:00:00:00:cc is known on port carol");
  EXPECT_EQ(trace("carol", frame(alice, broadcast, 10))["steps"][3],
            "02:00:00:00:00:aa would not be learned: port carol has its limit of stations (1)");
  EXPECT_EQ(learning("alice", carol), "02:00:00:00:00:cc would move from port carol to port alice");
  call("port.set", {{"name", "alice"}, {"learning", false}});
  EXPECT_EQ(learning("alice", alice), "learning is off on port alice");
}

TEST_F(TraceApi, FullTableIsForeseen) {
  call("switch.add", {{"name", "sw1"}, {"fdb", {{"capacity", 1}}}});
  add_port("dave", {{"switch", "sw1"}});
  call("fdb.add", {{"mac", bob.to_string()}, {"vlan", 1}, {"port", "dave"}});
  EXPECT_EQ(learning("dave", alice),
            "02:00:00:00:00:aa would not be learned: the forwarding database has no room");
}

TEST_F(TraceApi, FrameLongerThanTheMtuIsDroppedWhereItShouldLeave) {
  call("port.set", {{"name", "bob"}, {"mtu", 1400}});
  const auto long_frame = [](MacAddress to) {
    return hex(FrameBuilder().from(alice).to(to).payload(1401).build());
  };
  Json result = trace("alice", long_frame(bob));
  EXPECT_EQ(result["outcome"], "drop");
  EXPECT_EQ(result["reason"], "mtu_exceeded");
  EXPECT_EQ(result["egress"], Json::array());
  EXPECT_EQ(result["dropped"], Json::array({is_dropped("bob", "mtu_exceeded")}));
  EXPECT_EQ(result["steps"].back(),
            "dropped at port bob: longer than the MTU of the port it should leave by");
  result = trace("alice", long_frame(broadcast));
  EXPECT_EQ(result["outcome"], "flood");
  EXPECT_EQ(result["egress"], Json::array({leaves("carol", tag_10)}));
  EXPECT_EQ(result["dropped"], Json::array({is_dropped("bob", "mtu_exceeded")}));
}

TEST_F(TraceApi, PortWhoseInterfaceIsDownOrGoneDrops) {
  call("port.set", {{"name", "bob"}, {"up", false}});
  const Json result = trace("alice", frame(alice, bob));
  EXPECT_EQ(result["outcome"], "drop");
  EXPECT_EQ(result["reason"], "link_down");
  EXPECT_EQ(result["dropped"], Json::array({is_dropped("bob", "link_down")}));
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link del carol"), 0);
  EXPECT_EQ(trace("alice", frame(alice, broadcast))["dropped"],
            (Json{is_dropped("bob", "link_down"), is_dropped("carol", "port_gone")}));
}

TEST_F(TraceApi, TagBehindTheOneThatIsTakenOffIsTold) {
  call("port.set", {{"name", "bob"}, {"vlan", {{"mode", "dot1q-tunnel"}, {"pvid", 10}}}});
  const Json result = trace(
      "carol", hex(FrameBuilder().from(alice).to(bob).tag({.vid = 10}).tag({.vid = 7}).build()));
  Json tag_7 = tag_10;
  tag_7["vid"] = 7;
  EXPECT_EQ(result["egress"], Json::array({leaves("bob", tag_7)}));
  EXPECT_EQ(result["steps"].back(), "leaves by port bob tagged: 0x8100 VID 7 priority 0");
}

TEST_F(TraceApi, FrameForTheProtocolsIsToldSo) {
  network_.find_switch("sw0").engine->set_rule({.punts = {.reserved = 1}});
  const Json result = trace("alice", frame(alice, MacAddress(0x0180'c200'0000)));
  EXPECT_EQ(result["outcome"], "punt");
  EXPECT_EQ(result["egress"], Json::array());
  EXPECT_FALSE(result.contains("reason"));
  EXPECT_EQ(result["steps"].back(), "goes to the protocols of the switch");
}

TEST_F(TraceApi, NothingIsSentLearnedOrCounted) {
  RawStation receiver = station_on("bob");
  const auto state = [this] {
    return Json{call("stats.get"), call("stats.get", {{"vlan", 10}}), call("fdb.list")};
  };
  const Json before = state();
  trace("alice", frame(alice, bob));
  trace("alice", frame(alice, broadcast));
  trace("alice", "00");
  EXPECT_EQ(state(), before);
  // Had a frame of the trace been sent, it would come before this one.
  const auto real = FrameBuilder().from(alice).to(bob).build();
  ASSERT_TRUE(station_on("alice").send(real));
  EXPECT_EQ(receiver.receive(), real);
}

TEST_F(TraceApi, EtherTypeIsANumberOrHexAsInEveryOtherField) {
  const auto of_type = [](const Json& type) {
    Json json = frame(alice, bob);
    json["ethertype"] = type;
    return json;
  };
  const Json expected = trace("alice", of_type(0x88b5));
  for (const char* type : {"0x88b5", "0x88B5"}) {
    EXPECT_EQ(trace("alice", of_type(type)), expected);
  }
  // As the number does, it says a tag where it is that of one.
  EXPECT_EQ(trace("alice", of_type("0x8100")), trace("alice", of_type(0x8100)));
  for (const Json& bad : {Json("88b5"), Json("0x"), Json("0x12345"), Json("0x88bg"), Json("-1"),
                          Json("0x-1"), Json(65536), Json(-1)}) {
    EXPECT_EQ(refusal_kind("frame.trace", {{"port", "alice"}, {"frame", of_type(bad)}}),
              "invalid_params");
  }
}

TEST_F(TraceApi, BadFrameIsRefused) {
  for (const Json& bad : {Json("0"), Json("0x00"), Json("00 11"), Json(std::string(131'118, '0')),
                          Json{{"src", "02:00:00:00:00:01"}},
                          Json{{"src", "02:00:00:00:00:01"}, {"dst", "x"}}, Json(7)}) {
    EXPECT_EQ(refusal_kind("frame.trace", {{"port", "alice"}, {"frame", bad}}), "invalid_params");
  }
  EXPECT_EQ(refusal_kind("frame.trace", {{"port", "dave"}, {"frame", "00"}}), "not_found");
}

}  // namespace trace_test
}  // namespace tapswitch::test
