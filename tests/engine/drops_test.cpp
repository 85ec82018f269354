// SPDX-License-Identifier: Apache-2.0
// Every reason for which a frame is dropped is shown to the observer of the port where it is
// counted, with the frame as it was then.
#include <sys/eventfd.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include <gtest/gtest.h>

#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace drops_test {

struct Shown {
  Bytes frame;
  Direction direction;
  VlanId vid;
  DropReason reason;

  bool operator==(const Shown&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Shown& drop) {
  return out << text_of(drop.reason).name << (drop.direction == Direction::in ? " in" : " out")
             << ", VLAN " << drop.vid << ", " << drop.frame.size() << " bytes";
}

class Witness final : public PortObserver {
 public:
  std::optional<DropReason> received(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
                                     VlanId /*vid*/, TimePoint /*now*/) noexcept override {
    return std::nullopt;
  }
  void cuts(std::size_t /*worker*/, const FrameBuffer& /*frame*/) noexcept override {}
  void sends(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             VlanId /*vid*/) noexcept override {}
  void drops(std::size_t /*worker*/, const FrameBuffer& frame,
             const PortObserver::Drop& drop) noexcept override {
    Bytes bytes(frame.size());
    frame.copy(0, bytes);
    const std::lock_guard lock(mutex_);
    seen_.push_back({std::move(bytes), drop.direction, drop.vid, drop.reason});
  }

  [[nodiscard]] std::vector<Shown> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<Shown> seen_;
};

UniqueFd open_eventfd(unsigned count) { return UniqueFd(::eventfd(count, EFD_NONBLOCK)); }

// A port from which come what statuses it was given, and that sends with one.
class OddPort final : public Port {
 public:
  OddPort(std::deque<ReceiveStatus> receives, SendStatus sends)
      : eventfd_(open_eventfd(receives.empty() ? 0 : 1)),
        receives_(std::move(receives)),
        sends_(sends) {}

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return eventfd_.get();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept override {
    if (receives_.empty()) {
      eventfd_t count = 0;
      (void)::eventfd_read(eventfd_.get(), &count);
      return ReceiveStatus::empty;
    }
    std::ranges::fill(frame.space().first(60), std::byte{});
    frame.assign(
        60);  // unspecified, as far as the worker knows, but for frames that are lost whole
    const ReceiveStatus status = receives_.front();
    receives_.pop_front();
    return status;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override { return sends_; }
  [[nodiscard]] SendStatus unsent_status() const noexcept override { return sends_; }
  [[nodiscard]] LinkStatus link() const override { return {}; }

 private:
  UniqueFd eventfd_;
  std::deque<ReceiveStatus> receives_;
  const SendStatus sends_;
};

// A port of a switch that somebody watches.
class DropsTest : public testing::Test {
 protected:
  // Waits until that is all that the port has dropped.
  void expect_drops(PortIndex port, Witness& witness, const std::vector<Shown>& expected) {
    const DropReason reason = expected.back().reason;
    const auto is_counted = [&] { return lan_.drops(port, reason) > 0; };
    EXPECT_TRUE(wait_until(is_counted)) << text_of(reason).name;
    lan_.settle();
    EXPECT_EQ(witness.seen(), expected);
  }

  PortIndex plug_odd(std::deque<ReceiveStatus> receives, SendStatus sends, const PortRule& rule) {
    return *lan_.engine().add_port(std::make_unique<OddPort>(std::move(receives), sends), rule);
  }

  Witness witness_;  // outlives the workers that may be in it
  Lan lan_;
};

PortRule tagged_alone() {
  PortRule rule;
  rule.vlan.pvid = no_vlan;
  rule.vlan.allowed = VlanSet::of(10);
  return rule;
}

PortRule untagged_alone() {
  PortRule rule;
  rule.vlan.acceptable = AcceptableFrames::untagged;
  return rule;
}

TEST_F(DropsTest, AtIngress) {
  constexpr MacAddress group{0x0300'0000'0001};
  constexpr MacAddress bridges{0x0180'c200'0000};
  Bytes cut_short = frame(alice, bob).tag({.vid = 10}).build();
  cut_short.resize(15);
  struct Case {
    PortRule rule;
    Bytes frame;
    DropReason reason;
    VlanId vid = no_vlan;
  };
  const Case cases[] = {
      {trunk(), Bytes(13), DropReason::runt},
      {trunk(), cut_short, DropReason::tag_truncated},
      {trunk(), frame(group, bob).build(), DropReason::group_source},
      {trunk(), frame(MacAddress(0), bob).build(), DropReason::zero_source},
      {trunk(), frame(alice, bridges).build(), DropReason::reserved_address},
      {trunk(), frame(alice, bob).tag({.vid = 4095}).build(), DropReason::vlan_reserved},
      {untagged_alone(), frame(alice, bob).tag({.vid = 10}).build(), DropReason::tagged_refused},
      {tagged_alone(), frame(alice, bob).build(), DropReason::untagged_refused},
      {access(10), frame(alice, bob).tag({.vid = 20}).build(), DropReason::vlan_not_allowed},
      {access(99), frame(alice, everybody).build(), DropReason::no_egress, 99},
  };
  (void)lan_.plug(access(10));
  std::size_t cable = 1;
  for (const Case& row : cases) {
    SCOPED_TRACE(text_of(row.reason).name);
    Witness witness;
    const PortIndex port = lan_.plug(row.rule);
    lan_.engine().observe(port, &witness);
    ASSERT_TRUE(lan_.cable(cable++).send(row.frame));
    expect_drops(port, witness, {{row.frame, Direction::in, row.vid, row.reason}});
    (void)lan_.engine().remove_port(port);
  }
}

TEST_F(DropsTest, OfFramesThatDoNotFitTheirHeader) {
  const PortIndex port = lan_.plug(trunk(), OffloadSet{});
  lan_.engine().observe(port, &witness_);
  const Bytes bytes = frame(alice, bob).build();
  const Offload wrong{.needs_checksum = true, .checksum_start = 1'000, .checksum_offset = 16};
  ASSERT_TRUE(lan_.cable(0).send(with_header(wrong, bytes)));
  expect_drops(port, witness_, {{bytes, Direction::in, no_vlan, DropReason::offload_invalid}});
}

TEST_F(DropsTest, OfFramesThatWouldGoBack) {
  const PortIndex alices = lan_.plug(trunk());
  (void)lan_.plug(trunk());
  const auto now = std::chrono::steady_clock::now();
  (void)lan_.engine().fdb().learn({1, alice}, alices, 0, now);
  lan_.engine().observe(alices, &witness_);
  const Bytes back = frame(carol, alice).build();
  ASSERT_TRUE(lan_.cable(0).send(back));
  expect_drops(alices, witness_, {{back, Direction::in, 1, DropReason::same_port}});
}

TEST_F(DropsTest, OfFramesToStationsThatMayNotBeReached) {
  PortRule isolated = trunk();
  isolated.isolated = true;
  const PortIndex alices = lan_.plug(isolated);
  const PortIndex bobs = lan_.plug(isolated);
  const PortIndex carols = lan_.plug(access(20));
  const auto now = std::chrono::steady_clock::now();
  (void)lan_.engine().fdb().learn({1, bob}, bobs, 0, now);
  (void)lan_.engine().fdb().learn({1, carol}, carols, 0, now);
  lan_.engine().observe(alices, &witness_);
  const Bytes to_bob = frame(alice, bob).build();
  const Bytes to_carol = frame(alice, carol).build();
  ASSERT_TRUE(lan_.cable(0).send(to_bob));
  ASSERT_TRUE(lan_.cable(0).send(to_carol));
  expect_drops(alices, witness_,
               {{to_bob, Direction::in, 1, DropReason::isolated},
                {to_carol, Direction::in, 1, DropReason::egress_vlan_not_allowed}});
}

TEST_F(DropsTest, OfWhatIsLostBeforeItIsAFrameNothingIsLeft) {
  const PortIndex port = plug_odd({}, SendStatus::sent, trunk());
  lan_.engine().observe(port, &witness_);
  std::unique_ptr<Port> odd = std::make_unique<OddPort>(
      std::deque{ReceiveStatus::oversize, ReceiveStatus::garbled, ReceiveStatus::misframed,
                 ReceiveStatus::misencapsulated},
      SendStatus::sent);
  ASSERT_TRUE(lan_.engine().replace_port(port, odd));
  expect_drops(port, witness_,
               {{{}, Direction::in, no_vlan, DropReason::oversize},
                {{}, Direction::in, no_vlan, DropReason::offload_invalid},
                {{}, Direction::in, no_vlan, DropReason::framing_invalid},
                {{}, Direction::in, no_vlan, DropReason::encapsulation_invalid}});
}

TEST_F(DropsTest, OfFramesOfStrangersAndOfThoseThatCameBack) {
  const PortIndex port = plug_odd({}, SendStatus::sent, trunk());
  lan_.engine().observe(port, &witness_);
  std::unique_ptr<Port> odd = std::make_unique<OddPort>(
      std::deque{ReceiveStatus::foreign, ReceiveStatus::foreign_vni, ReceiveStatus::unsent},
      SendStatus::link_down);
  ASSERT_TRUE(lan_.engine().replace_port(port, odd));
  expect_drops(port, witness_,
               {{Bytes(60), Direction::in, no_vlan, DropReason::foreign_sender},
                {Bytes(60), Direction::in, no_vlan, DropReason::foreign_vni},
                {Bytes(60), Direction::out, no_vlan, DropReason::link_down}});
}

// A frame in VLAN 10 that leaves tagged, and is dropped with the tag.
TEST_F(DropsTest, AtEgress) {
  (void)lan_.plug(access(10));
  const Bytes sent = frame(alice, everybody).payload(100).build();
  const Bytes tagged = frame(alice, everybody).tag({.vid = 10}).payload(100).build();
  struct Case {
    SendStatus status;
    DropReason reason;
    PortState state = {};
  };
  const Case cases[] = {
      {SendStatus::link_down, DropReason::link_down},
      {SendStatus::busy, DropReason::busy},
      {SendStatus::refused, DropReason::kernel_refused},
      {SendStatus::too_long, DropReason::mtu_exceeded},
      {SendStatus::gone, DropReason::port_gone},
      {SendStatus::sent, DropReason::mtu_exceeded, {.mtu = 99}},
      {SendStatus::sent, DropReason::link_down, {.link = PortLink::no_carrier}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(text_of(row.reason).name);
    Witness witness;
    const PortIndex port = plug_odd({}, row.status, trunk());
    lan_.engine().set_port_state(port, row.state);
    lan_.engine().observe(port, &witness);
    ASSERT_TRUE(lan_.cable(0).send(sent));
    expect_drops(port, witness, {{tagged, Direction::out, 10, row.reason}});
    (void)lan_.engine().remove_port(port);
  }
}

TEST_F(DropsTest, OfFramesThatTheirTagMakesTooLong) {
  (void)lan_.plug(access(10));
  const PortIndex port = plug_odd({}, SendStatus::sent, trunk());
  lan_.engine().set_port_state(port, {.mtu = 70'000});
  lan_.engine().observe(port, &witness_);
  const std::size_t payload = FrameBuffer::max_frame_size - FrameView::header_size;
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).payload(payload).build()));
  const Bytes tagged = frame(alice, everybody).tag({.vid = 10}).payload(payload).build();
  expect_drops(port, witness_, {{tagged, Direction::out, 10, DropReason::oversize}});
}

}  // namespace drops_test
}  // namespace tapswitch::test
