// SPDX-License-Identifier: Apache-2.0
// A mirror copies frames to its destination: which, how often, and in which shape.
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace mirroring_test {

using Frames = std::vector<Bytes>;

constexpr Directions in{.in = true, .out = false};
constexpr Directions out{.in = false, .out = true};

MirrorRule of_all(PortIndex to) { return {.to = to, .is_of_all = true}; }

MirrorRule of(PortIndex from, PortIndex to, Directions directions = {}) {
  MirrorRule rule{.to = to, .directions = directions};
  rule.from.set(to_size(from));
  return rule;
}

// A frame of a protocol that nobody has, by which the tests tell that there is nothing before it.
Bytes marked(std::size_t size = 50) { return frame(carol, everybody).payload(size).build(); }

// Returns what is there.
Frames heard_at(Cable& cable) {
  Frames frames;
  while (auto frame = cable.receive()) {
    frames.push_back(std::move(*frame));
  }
  return frames;
}

// Ports of one switch with a destination among them, whose cable is the last.
class MirroringTest : public testing::Test {
 protected:
  MirroringTest()
      : left_(lan_.plug(access(10))),
        right_(lan_.plug(access(10))),
        trunk_(lan_.plug(trunk())),
        ids_(lan_.plug(trunk())) {}

  void set_mirrors(MirrorRules mirrors) { lan_.engine().set_mirrors(std::move(mirrors)); }

  // Has the switch receive a frame and be done with it.
  void send(std::size_t cable, const Bytes& frame) {
    const auto port = static_cast<PortIndex>(cable);
    const auto received = [&] {
      const PortTotals totals = lan_.engine().totals(port);
      return totals.in_octets;
    };
    const auto before = received();
    ASSERT_TRUE(lan_.cable(cable).send(frame));
    ASSERT_TRUE(wait_until([&] { return received() >= before + frame.size(); }));
    lan_.settle();
  }

  Frames heard(std::size_t cable) { return heard_at(lan_.cable(cable)); }

  Lan lan_;
  const PortIndex left_;
  const PortIndex right_;
  const PortIndex trunk_;
  const PortIndex ids_;
  static constexpr std::size_t ids_cable = 3;
};

TEST_F(MirroringTest, FrameIsCopiedOnceWhateverNamesIt) {
  set_mirrors({of(left_, ids_), of(right_, ids_), of_all(ids_)});
  const Bytes sent = frame(alice, everybody).build();
  send(0, sent);
  EXPECT_EQ(heard(ids_cable), Frames{sent});
  EXPECT_EQ(heard(1), Frames{sent});
}

TEST_F(MirroringTest, WhatComesInIsCopiedAsItCame) {
  set_mirrors({of(trunk_, ids_, in)});
  const Bytes tagged = frame(alice, everybody).tag({.vid = 10}).build();
  send(2, tagged);
  EXPECT_EQ(heard(ids_cable), Frames{tagged});
  send(0, frame(bob, everybody).build());
  EXPECT_TRUE(heard(ids_cable).empty());
}

TEST_F(MirroringTest, WhatLeavesIsCopiedAsItLeaves) {
  set_mirrors({of(trunk_, ids_, out)});
  send(0, frame(alice, everybody).build());
  EXPECT_EQ(heard(ids_cable), Frames{frame(alice, everybody).tag({.vid = 10}).build()});
  send(2, frame(bob, everybody).tag({.vid = 10}).build());
  EXPECT_TRUE(heard(ids_cable).empty());
}

TEST_F(MirroringTest, BothDirectionsAreCopiedOnceAsTheFrameCameIn) {
  set_mirrors({of_all(ids_)});
  const Bytes untagged = frame(alice, everybody).build();
  const Bytes tagged = frame(bob, alice).tag({.vid = 10}).build();
  send(0, untagged);
  send(2, tagged);
  EXPECT_EQ(heard(ids_cable), (Frames{untagged, tagged}));
}

TEST_F(MirroringTest, DestinationSendsNothingInAndLearnsNothing) {
  set_mirrors({of_all(ids_)});
  send(ids_cable, frame(carol, everybody).build());
  EXPECT_EQ(lan_.drops(ids_, DropReason::mirror_destination), 1U);
  EXPECT_TRUE(heard(0).empty());
  EXPECT_EQ(lan_.engine().fdb().count_on(ids_), 0U);
}

TEST_F(MirroringTest, DestinationCarriesNothingElse) {
  set_mirrors({of(left_, ids_, in)});
  send(1, frame(bob, everybody).build());
  EXPECT_TRUE(heard(ids_cable).empty());
  ASSERT_TRUE(lan_.engine().fdb().add_static({.vid = 10, .mac = carol}, ids_));
  send(1, frame(bob, carol).build());
  EXPECT_TRUE(heard(ids_cable).empty());
  EXPECT_EQ(lan_.drops(right_, DropReason::egress_vlan_not_allowed), 1U);
  EXPECT_TRUE(lan_.engine().send(ids_, frame(bob, everybody).build()));
  lan_.settle();
  EXPECT_TRUE(heard(ids_cable).empty());
}

TEST_F(MirroringTest, PortThatBecomesADestinationForgetsItsStations) {
  send(ids_cable, frame(carol, everybody).tag({.vid = 10}).build());
  ASSERT_EQ(lan_.engine().fdb().count_on(ids_), 1U);
  set_mirrors({of(left_, ids_)});
  EXPECT_EQ(lan_.engine().fdb().count_on(ids_), 0U);
}

TEST_F(MirroringTest, PortThatIsNoDestinationAnyMoreIsAsBefore) {
  set_mirrors({of_all(ids_)});
  set_mirrors({});
  const Bytes tagged = frame(alice, everybody).tag({.vid = 10}).build();
  send(0, frame(alice, everybody).build());
  EXPECT_EQ(heard(ids_cable), Frames{tagged});
  send(ids_cable, frame(carol, everybody).tag({.vid = 10}).build());
  EXPECT_EQ(lan_.drops(ids_, DropReason::mirror_destination), 0U);
}

TEST_F(MirroringTest, OnlyFramesOfTheVlansAreCopied) {
  MirrorRule rule = of_all(ids_);
  rule.vlans = VlanSet::of(10);
  set_mirrors({rule});
  const Bytes of_10 = frame(alice, everybody).build();
  send(0, of_10);
  send(2, frame(bob, everybody).tag({.vid = 20}).build());
  EXPECT_EQ(heard(ids_cable), Frames{of_10});
}

TEST_F(MirroringTest, FrameThatIsRefusedIsCopiedUnlessAVlanIsNamed) {
  const Bytes refused = frame(alice, everybody).tag({.vid = 4095}).build();
  set_mirrors({of_all(ids_)});
  send(2, refused);
  EXPECT_EQ(heard(ids_cable), Frames{refused});
  MirrorRule rule = of_all(ids_);
  rule.vlans = VlanSet::all();
  set_mirrors({rule});
  send(2, refused);
  EXPECT_TRUE(heard(ids_cable).empty());
}

TEST_F(MirroringTest, TwoDestinationsGetACopyEach) {
  const PortIndex other = lan_.plug(trunk());
  set_mirrors({of_all(ids_), of(left_, other)});
  const Bytes sent = frame(alice, everybody).build();
  send(0, sent);
  EXPECT_EQ(heard(ids_cable), Frames{sent});
  EXPECT_EQ(heard(ids_cable + 1), Frames{sent});
}

TEST_F(MirroringTest, CopyIsNoLongerThanTheSnapLength) {
  MirrorRule rule = of(left_, ids_);
  rule.snap_length = 60;
  set_mirrors({rule});
  const Bytes sent = marked(1'000);
  send(0, sent);
  EXPECT_EQ(heard(ids_cable), Frames{Bytes(sent.begin(), sent.begin() + 60)});
  EXPECT_EQ(heard(1), Frames{sent});
}

TEST_F(MirroringTest, OnlyFramesThatPassTheFilterAreCopied) {
  MirrorRule rule = of_all(ids_);
  rule.filter = [](std::span<const std::byte> bytes, std::size_t size) {
    return bytes.size() == size && size > 500;
  };
  set_mirrors({rule});
  send(0, marked(100));
  send(0, marked(1'000));
  EXPECT_EQ(heard(ids_cable), Frames{marked(1'000)});
}

TEST_F(MirroringTest, DropsAtTheDestinationAreCountedThere) {
  set_mirrors({of_all(ids_)});
  lan_.engine().set_port_state(ids_, {.link = PortLink::no_carrier});
  send(0, frame(alice, everybody).build());
  EXPECT_EQ(lan_.drops(ids_, DropReason::link_down), 1U);
  lan_.engine().set_port_state(ids_, {.mtu = 100});
  send(0, marked(1'000));
  EXPECT_EQ(lan_.drops(ids_, DropReason::mtu_exceeded), 1U);
  EXPECT_EQ(heard(1).size(), 2U);
}

TEST_F(MirroringTest, PortThatGoesLeavesTheMirrors) {
  set_mirrors({of(left_, ids_), of(right_, ids_)});
  lan_.engine().remove_port(left_);
  EXPECT_FALSE(lan_.engine().picture().slot(left_).is_watched);
  const Bytes sent = frame(alice, everybody).build();
  send(1, sent);
  EXPECT_EQ(heard(ids_cable), Frames{sent});
  // Another port has its index, and nothing of the mirror.
  const PortIndex next = lan_.plug(access(20));
  ASSERT_EQ(next, left_);
  EXPECT_FALSE(lan_.engine().picture().slot(next).is_watched);
  lan_.engine().remove_port(ids_);
  EXPECT_FALSE(lan_.engine().picture().slot(right_).is_watched);
}

TEST_F(MirroringTest, InAComposedChangeMirrorsWaitForTheEnd) {
  lan_.engine().begin_change();
  set_mirrors({of_all(ids_)});
  lan_.engine().set_port_state(left_, {.mtu = 1'400});
  EXPECT_FALSE(lan_.engine().picture().slot(ids_).is_mirrored_to);
  ASSERT_TRUE(lan_.engine().commit());
  EXPECT_TRUE(lan_.engine().picture().slot(ids_).is_mirrored_to);
}

TEST_F(MirroringTest, PortsThatNoMirrorNamesAreNotAsked) {
  set_mirrors({of(left_, ids_)});
  EXPECT_FALSE(lan_.engine().picture().slot(right_).is_watched);
}

// A switch between two ports that take everything unfinished, and a destination of some kind.
class SuperFrameMirroringTest : public testing::Test {
 protected:
  SuperFrameMirroringTest()
      : left_(lan_.plug(trunk(), all_offloads)), right_(lan_.plug(trunk(), all_offloads)) {}

  void send(const SuperFrame& frame) {
    ASSERT_TRUE(lan_.cable(0).send(with_header(frame.offload, frame.bytes)));
    ASSERT_TRUE(lan_.cable(1).wait_for_frame());
    lan_.settle();
  }

  Frames heard(std::size_t cable) { return heard_at(lan_.cable(cable)); }

  Lan lan_;
  const PortIndex left_;
  const PortIndex right_;
};

TEST_F(SuperFrameMirroringTest, DestinationThatTakesItGetsItWhole) {
  const PortIndex ids = lan_.plug(trunk(), all_offloads);
  lan_.engine().set_mirrors({of_all(ids)});
  const SuperFrame sent = build({});
  send(sent);
  EXPECT_EQ(heard(2), Frames{with_header(sent.offload, sent.bytes)});
}

TEST_F(SuperFrameMirroringTest, ForAnotherItIsCut) {
  const PortIndex ids = lan_.plug(trunk());
  lan_.engine().set_mirrors({of_all(ids)});
  const SuperFrame sent = build({});
  send(sent);
  EXPECT_EQ(heard(2), cut(sent.bytes, sent.offload));
}

TEST_F(SuperFrameMirroringTest, SegmentsAreCutOffOneByOne) {
  const PortIndex ids = lan_.plug(trunk(), all_offloads);
  MirrorRule rule = of_all(ids);
  rule.snap_length = 100;
  lan_.engine().set_mirrors({rule});
  const SuperFrame sent = build({});
  send(sent);
  Frames expected;
  for (Bytes& segment : cut(sent.bytes, sent.offload)) {
    segment.resize(100);
    expected.push_back(with_header({}, segment));
  }
  EXPECT_EQ(heard(2), expected);
}

// A super-frame leaves cut by one port and cut by another: the copy is made once.
TEST_F(SuperFrameMirroringTest, WhatIsCutForSeveralPortsIsCopiedOnce) {
  (void)lan_.plug(trunk());
  (void)lan_.plug(trunk());
  const PortIndex ids = lan_.plug(trunk(), all_offloads);
  MirrorRule rule{.to = ids, .directions = out};
  rule.from.set(2);
  rule.from.set(3);
  lan_.engine().set_mirrors({rule});
  const SuperFrame sent = build({});
  send(sent);
  EXPECT_EQ(heard(4), Frames{with_header(sent.offload, sent.bytes)});
  EXPECT_EQ(heard(2), cut(sent.bytes, sent.offload));
  EXPECT_EQ(heard(3), cut(sent.bytes, sent.offload));
}

TEST_F(SuperFrameMirroringTest, UnfinishedChecksumIsFinishedForTheDestination) {
  const PortIndex ids = lan_.plug(trunk());
  lan_.engine().set_mirrors({of(left_, ids, in)});
  const SuperFrame sent = without_segmentation(build({.payload = noise(1'000)}));
  send(sent);
  const Frames copies = heard(2);
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(fault_of(copies.front(), sent.headers), "");
}

// Observers of a port and its mirrors do not know of each other.
class Counter final : public PortObserver {
 public:
  std::optional<DropReason> received(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
                                     VlanId /*vid*/, TimePoint /*now*/) noexcept override {
    ++count;
    return std::nullopt;
  }
  void cuts(std::size_t /*worker*/, const FrameBuffer& /*frame*/) noexcept override {}
  void sends(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             VlanId /*vid*/) noexcept override {
    ++count;
  }
  void drops(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             const PortObserver::Drop& /*drop*/) noexcept override {}

  std::atomic<int> count = 0;
};

TEST_F(MirroringTest, ObserverAndMirrorOfOnePortBothSeeTheFrame) {
  Counter of_left;
  Counter of_ids;
  lan_.engine().observe(left_, &of_left);
  set_mirrors({of(left_, ids_)});
  lan_.engine().observe(ids_, &of_ids);
  const Bytes sent = frame(alice, everybody).build();
  send(0, sent);
  EXPECT_EQ(heard(ids_cable), Frames{sent});
  EXPECT_EQ(of_left.count, 1);
  EXPECT_EQ(of_ids.count, 1);
  lan_.engine().observe(left_, nullptr);
  lan_.engine().observe(ids_, nullptr);
}

}  // namespace mirroring_test
}  // namespace tapswitch::test
