// SPDX-License-Identifier: Apache-2.0
// Tests what stands beside the way of a frame: who looks at it, who is handed it, and who sends
// frames of his own.
#include "switch/engine/walk.hpp"

#include <atomic>
#include <latch>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace walk_test {

constexpr MacAddress bridges{0x0180'c200'0000};
constexpr MacAddress lldp{0x0180'c200'000e};

// Notes all that it sees, and refuses what it is told to.
class Witness final : public PortObserver {
 public:
  std::optional<DropReason> received(std::size_t /*worker*/, const FrameBuffer& frame, VlanId vid,
                                     TimePoint /*now*/) noexcept override {
    const std::lock_guard lock(mutex_);
    vids_.push_back(vid);
    received_.emplace_back(frame.head().begin(), frame.head().end());
    return refusal_;
  }

  void drops(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             const Drop& /*drop*/) noexcept override {}
  void cuts(std::size_t /*worker*/, const FrameBuffer& frame) noexcept override {
    const std::lock_guard lock(mutex_);
    cut_.emplace_back(frame.head().begin(), frame.head().end());
  }

  void sends(std::size_t /*worker*/, const FrameBuffer& frame, VlanId vid) noexcept override {
    const std::lock_guard lock(mutex_);
    vids_.push_back(vid);
    sent_.emplace_back(frame.head().begin(), frame.head().end());
  }

  void refuse(DropReason reason) {
    const std::lock_guard lock(mutex_);
    refusal_ = reason;
  }

  [[nodiscard]] std::vector<Bytes> received_frames() {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  [[nodiscard]] std::vector<Bytes> sent_frames() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  [[nodiscard]] std::vector<Bytes> cut_frames() {
    const std::lock_guard lock(mutex_);
    return cut_;
  }
  // Returns those of all frames that came in or left.
  [[nodiscard]] std::vector<VlanId> vids() {
    const std::lock_guard lock(mutex_);
    return vids_;
  }

 private:
  std::mutex mutex_;
  std::optional<DropReason> refusal_;
  std::vector<Bytes> received_;
  std::vector<Bytes> sent_;
  std::vector<Bytes> cut_;
  std::vector<VlanId> vids_;
};

std::uint64_t sum_of(const std::array<std::uint64_t, address_kind_count>& counts) {
  return counts[0] + counts[1] + counts[2];
}

class WalkTest : public testing::Test {
 protected:
  WalkTest() {
    alices_ = lan_.plug(access(10));
    bobs_ = lan_.plug(trunk());
  }

  void punt(const PuntSet& punts, std::uint16_t forwarded = 0) {
    lan_.engine().set_rule({.forwarded_reserved = forwarded, .punts = punts});
  }

  std::atomic<int> calls_ = 0;
  // Witnesses outlive the workers that may be in them.
  Witness at_alice_;
  Witness at_bob_;
  Lan lan_{1, {}, [](PortIndex) {}, {}, [this] { ++calls_; }};
  PortIndex alices_{};
  PortIndex bobs_{};
};

TEST_F(WalkTest, ObserverSeesWhatComesInAsItCameAndWhatLeavesAsItLeaves) {
  lan_.engine().observe(alices_, &at_alice_);
  lan_.engine().observe(bobs_, &at_bob_);
  const Bytes sent = frame(alice, everybody).payload(50).build();
  ASSERT_TRUE(lan_.cable(0).send(sent));
  const auto tagged = lan_.cable(1).wait_for_frame();
  ASSERT_TRUE(tagged);
  EXPECT_EQ(at_alice_.received_frames(), std::vector<Bytes>{sent});
  EXPECT_EQ(at_alice_.sent_frames(), std::vector<Bytes>());
  EXPECT_EQ(at_bob_.received_frames(), std::vector<Bytes>());
  EXPECT_EQ(at_bob_.sent_frames(), std::vector<Bytes>{*tagged});
  EXPECT_EQ(at_alice_.vids(), std::vector<VlanId>{10});
  EXPECT_EQ(at_bob_.vids(), std::vector<VlanId>{10});
}

TEST_F(WalkTest, ObserverSeesASuperFrameBeforeItsSegments) {
  const PortIndex carols = lan_.plug(access(10), OffloadSet{.checksum = true, .tso4 = true});
  lan_.engine().observe(alices_, &at_alice_);
  const SuperFrame super = build({.payload = noise(3'000)});
  Bytes sent(offload_header_size);
  write_offload(super.offload, std::span(sent).first<offload_header_size>());
  sent.insert(sent.end(), super.bytes.begin(), super.bytes.end());
  ASSERT_TRUE(lan_.cable(2).send(sent));
  ASSERT_TRUE(wait_until([&] { return sum_of(lan_.engine().totals(carols).in_frames) == 1; }));
  lan_.settle();
  EXPECT_EQ(at_alice_.cut_frames(), std::vector<Bytes>{super.bytes});
  EXPECT_EQ(at_alice_.sent_frames().size(), 3U);
}

TEST_F(WalkTest, ObserverSeesAlsoWhatIsDroppedLater) {
  lan_.engine().observe(alices_, &at_alice_);
  const Bytes refused = frame(alice, everybody).tag({.vid = 20}).build();
  ASSERT_TRUE(lan_.cable(0).send(refused));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::vlan_not_allowed) == 1; }));
  EXPECT_EQ(at_alice_.received_frames(), std::vector<Bytes>{refused});
  EXPECT_EQ(at_alice_.vids(), std::vector<VlanId>{no_vlan});
}

TEST_F(WalkTest, WhatIsNoFrameIsNotShownToAnObserver) {
  lan_.engine().observe(alices_, &at_alice_);
  ASSERT_TRUE(lan_.cable(0).send(Bytes(13)));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::runt) == 1; }));
  EXPECT_EQ(at_alice_.received_frames(), std::vector<Bytes>());
}

TEST_F(WalkTest, ObserverMayEndTheWayOfAFrame) {
  at_alice_.refuse(DropReason::busy);
  lan_.engine().observe(alices_, &at_alice_);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::busy) == 1; }));
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
  EXPECT_EQ(lan_.engine().fdb().size(), 0U);
}

TEST_F(WalkTest, ObserverThatWasTakenAwaySeesNothingMore) {
  lan_.engine().observe(alices_, &at_alice_);
  lan_.engine().observe(alices_, nullptr);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan_.cable(1).wait_for_frame());
  EXPECT_EQ(at_alice_.received_frames(), std::vector<Bytes>());
}

TEST_F(WalkTest, PuntedFrameOfTheLinkGoesToTheProtocolsAndNoFurther) {
  punt({.reserved = 1});
  const Bytes bpdu = frame(alice, bridges).payload(50).build();
  ASSERT_TRUE(lan_.cable(0).send(bpdu));
  ASSERT_TRUE(wait_until([&] { return calls_ == 1; }));
  const auto punted = lan_.engine().take_punted();
  ASSERT_TRUE(punted);
  EXPECT_EQ(punted->port, alices_);
  EXPECT_EQ(punted->vid, no_vlan);
  EXPECT_EQ(punted->learned, std::nullopt);
  EXPECT_EQ(punted->bytes, bpdu);
  EXPECT_FALSE(lan_.engine().take_punted());
  lan_.settle();
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
  // The frame has arrived: it counts as any other, and as no drop.
  const PortTotals totals = lan_.engine().totals(alices_);
  EXPECT_EQ(sum_of(totals.in_frames), 1U);
  EXPECT_EQ(lan_.drops(alices_, DropReason::reserved_address), 0U);
}

TEST_F(WalkTest, FrameOfTheLinkIsPuntedWhateverTheVlansOfItsPort) {
  PortRule rule;
  rule.vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet::of(10)};
  lan_.engine().set_port_rule(alices_, rule);
  punt({.reserved = 1}, 1);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bridges).build()));
  ASSERT_TRUE(wait_until([&] { return calls_ == 1; }));
  EXPECT_TRUE(lan_.engine().take_punted());
}

TEST_F(WalkTest, PuntedFrameMayCrossToo) {
  punt({.reserved = 1}, 1);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bridges).build()));
  EXPECT_TRUE(lan_.cable(1).wait_for_frame());
  const auto punted = lan_.engine().take_punted();
  ASSERT_TRUE(punted);
  EXPECT_EQ(punted->vid, 10);
  EXPECT_EQ(punted->learned, Learned::added);
}

TEST_F(WalkTest, WhatIsNotInTheMaskIsDroppedAsEver) {
  punt({.reserved = 1});
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, lldp).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::reserved_address) == 1; }));
  EXPECT_FALSE(lan_.engine().take_punted());
}

TEST_F(WalkTest, FrameFromNobodyIsNotPunted) {
  punt({.reserved = 1});
  ASSERT_TRUE(lan_.cable(0).send(frame(MacAddress(), bridges).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(alices_, DropReason::zero_source) == 1; }));
  EXPECT_FALSE(lan_.engine().take_punted());
}

TEST_F(WalkTest, StormOfPuntedFramesIsCountedAndForwardingGoesOn) {
  punt({.reserved = 1});
  const Bytes bpdu = frame(alice, bridges).build();
  for (std::size_t i = 0; i < 10 * PuntQueue::share; ++i) {
    ASSERT_TRUE(wait_until([&] { return lan_.cable(0).send(bpdu); }));
  }
  const Bytes last = frame(alice, everybody).build();
  ASSERT_TRUE(lan_.cable(0).send(last));
  EXPECT_TRUE(lan_.cable(1).wait_for_frame());
  EXPECT_EQ(lan_.engine().punts_refused(), 9 * PuntQueue::share);
  EXPECT_EQ(calls_, 1);
}

TEST_F(WalkTest, FrameOfAProtocolLeavesAsItIsAndIsCounted) {
  lan_.engine().observe(bobs_, &at_bob_);
  const Bytes own = frame(carol, bridges).payload(50).build();
  ASSERT_TRUE(lan_.engine().send(bobs_, own));
  EXPECT_EQ(lan_.cable(1).wait_for_frame(), own);
  lan_.settle();
  EXPECT_EQ(lan_.cable(0).receive(), std::nullopt);
  const PortTotals totals = lan_.engine().totals(bobs_);
  EXPECT_EQ(sum_of(totals.out_frames), 1U);
  EXPECT_EQ(totals.out_octets, own.size());
  EXPECT_EQ(at_bob_.sent_frames(), std::vector<Bytes>{own});
}

TEST_F(WalkTest, OnlySoManyFramesWaitToBeSent) {
  std::latch may_go_on(1);
  lan_.pool().worker(0).post([&] { may_go_on.wait(); });
  const Bytes own = frame(carol, bridges).build();
  for (std::size_t i = 0; i < Switch::most_unsent; ++i) {
    EXPECT_TRUE(lan_.engine().send(bobs_, own));
  }
  EXPECT_FALSE(lan_.engine().send(bobs_, own));
  may_go_on.count_down();
  lan_.settle();
  EXPECT_TRUE(lan_.engine().send(bobs_, own));
}

TEST_F(WalkTest, WhatIsNoFrameOrTooLongIsNotSent) {
  EXPECT_FALSE(lan_.engine().send(bobs_, Bytes(FrameView::header_size - 1)));
  EXPECT_FALSE(lan_.engine().send(bobs_, Bytes(FrameBuffer::max_frame_size + 1)));
  const Bytes longest(FrameBuffer::max_frame_size);
  EXPECT_TRUE(lan_.engine().send(bobs_, longest));
  EXPECT_EQ(lan_.cable(1).wait_for_frame(), longest);
}

TEST_F(WalkTest, FrameForAPortThatGoesIsSentByNoOther) {
  const Bytes own = frame(carol, bridges).build();
  ASSERT_TRUE(lan_.engine().send(bobs_, own));
  (void)lan_.engine().remove_port(bobs_);
  const PortIndex next = lan_.plug(trunk());
  ASSERT_EQ(next, bobs_);
  lan_.settle();
  EXPECT_EQ(lan_.cable(2).receive(), std::nullopt);
}

// A port around a port, as conditions of a link will be: nobody notices.
class Wrapper final : public Port {
 public:
  explicit Wrapper(std::unique_ptr<Port> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] std::size_t queue_count() const noexcept override { return inner_->queue_count(); }
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return inner_->descriptor(queue);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override {
    return inner_->receive(queue, frame);
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    return inner_->send(frame);
  }
  [[nodiscard]] bool keeps_back() const noexcept override { return inner_->keeps_back(); }
  void flush() noexcept override { inner_->flush(); }
  [[nodiscard]] OffloadSet offloads() const noexcept override { return inner_->offloads(); }
  [[nodiscard]] LinkStatus link() const override { return inner_->link(); }

 private:
  std::unique_ptr<Port> inner_;
};

TEST_F(WalkTest, PortMayBeWrapped) {
  SocketPortPair pair = make_socket_port(1 << 20, all_offloads);
  ASSERT_TRUE(lan_.engine().add_port(std::make_unique<Wrapper>(std::move(pair.port)), access(10)));
  const SuperFrame super_frame = build({});
  Bytes sent(offload_header_size);
  write_offload(super_frame.offload, std::span(sent).first<offload_header_size>());
  sent.insert(sent.end(), super_frame.bytes.begin(), super_frame.bytes.end());
  ASSERT_TRUE(pair.cable.send(sent));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(lan_.cable(0).wait_for_frame());
  }
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(pair.cable.wait_for_frame());
}

}  // namespace walk_test
}  // namespace tapswitch::test
