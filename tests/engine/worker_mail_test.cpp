// SPDX-License-Identifier: Apache-2.0
// Worker that has read frames ahead when the control thread wants something of it.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <utility>

#include "switch/engine/switch.hpp"
#include "tests/engine/lan.hpp"
#include "tests/support/lending_port.hpp"

namespace tapswitch::test {
namespace worker_mail_test {

// So many frames of one sender are read ahead as 1, 2, 4 and 8.
constexpr std::size_t sent_frames = 15;
constexpr std::size_t first_of_last_eight = 8;

// A port that swallows frames, and at one of them has the worker wait.
class GatePort final : public Port {
 public:
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return pair_.port->descriptor(queue);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/, FrameBuffer&) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    if (MacAddress::read(frame.head().data() + MacAddress::size) == alice &&
        ++passed_ == first_of_last_eight) {
      reached_.count_down();
      open_.wait();
    }
    return SendStatus::sent;
  }
  [[nodiscard]] LinkStatus link() const override { return {}; }

  void wait_until_reached() { reached_.wait(); }
  void open() {
    if (!std::exchange(is_open_, true)) {
      open_.count_down();
    }
  }
  // Returns how many frames of alice have come.
  [[nodiscard]] std::size_t passed() const { return passed_; }

 private:
  SocketPortPair pair_ = make_socket_port();
  std::atomic<std::size_t> passed_ = 0;
  std::latch reached_{1};
  std::latch open_{1};
  bool is_open_ = false;
};

// Alice floods, and her worker stands at the gate, with seven more of her frames read ahead. Her
// port lends them. Bob is in her VLAN; carol, whose frames the other worker receives, is in
// another.
class WorkerMail : public ::testing::Test {
 protected:
  WorkerMail() {
    auto gate = std::make_unique<GatePort>();
    gate_ = gate.get();
    SocketPortPair sender = make_socket_port();
    auto lender = std::make_unique<LendingPort>(std::move(sender.port));
    lender_ = lender.get();
    alices_ = *lan_.engine().add_port(std::move(lender), access(1), 0);
    (void)*lan_.engine().add_port(std::move(gate), access(1), 1);
    bobs_ = lan_.plug(access(1));
    SocketPortPair other = make_socket_port();
    (void)*lan_.engine().add_port(std::move(other.port), access(2), 1);
    carols_cable_.emplace(std::move(other.cable));
    std::latch all_sent(1);
    lan_.pool().worker(0).post([&all_sent] { all_sent.wait(); });
    for (std::size_t i = 0; i < sent_frames; ++i) {
      EXPECT_TRUE(sender.cable.send(sent_frame(i)));
    }
    all_sent.count_down();
    alices_cable_.emplace(std::move(sender.cable));
    gate_->wait_until_reached();
  }

  ~WorkerMail() override { gate_->open(); }

  // Most of each is lent.
  static Bytes sent_frame(std::size_t number) {
    return frame(alice, everybody).payload(1'400 + number).build();
  }

  // Returns when 'receive' hears carol, whose worker then has the next picture. It is asked after
  // alice's, who has the picture in its mailbox by then. Counts frames of others.
  template <typename Receive>
  void wait_for_carol(const Receive& receive, std::size_t& others) {
    for (bool is_heard = false; !is_heard;) {
      ASSERT_TRUE(carols_cable_->send(frame(carol, everybody).build()));
      lan_.pool().run_on(lan_.pool().worker(1), [](Worker&) {});
      while (const auto heard = receive()) {
        const bool is_hers = MacAddress::read(heard->data() + MacAddress::size) == carol;
        is_heard = is_heard || is_hers;
        others += is_hers ? 0 : 1;
      }
    }
  }

  // Returns how many frames of 'station' have come to bob.
  std::size_t bob_hears(MacAddress station) {
    std::size_t count = 0;
    while (const auto heard = lan_.cable(0).receive()) {
      count += MacAddress::read(heard->data() + MacAddress::size) == station ? 1 : 0;
    }
    return count;
  }

  Lan lan_{2};
  GatePort* gate_;
  LendingPort* lender_ = nullptr;
  PortIndex alices_{};
  PortIndex bobs_{};
  std::optional<Cable> alices_cable_;
  std::optional<Cable> carols_cable_;
};

TEST_F(WorkerMail, IsLookedAtBetweenTwoFloods) {
  std::promise<std::size_t> passed;
  lan_.pool().worker(0).post([&] { passed.set_value(gate_->passed()); });
  gate_->open();
  EXPECT_EQ(passed.get_future().get(), first_of_last_eight);
}

TEST_F(WorkerMail, FramesBehindANewPictureGoByIt) {
  auto changed =
      std::async(std::launch::async, [&] { lan_.engine().set_port_rule(bobs_, access(2)); });
  std::size_t of_alice = 0;
  wait_for_carol([&] { return lan_.cable(0).receive(); }, of_alice);
  gate_->open();
  changed.get();
  lan_.settle();
  EXPECT_EQ(of_alice + bob_hears(alice), first_of_last_eight);
  EXPECT_EQ(gate_->passed(), sent_frames);
  EXPECT_EQ(lan_.engine().fdb().count_on(alices_), 1U);
}

TEST_F(WorkerMail, FramesThatTheNewRuleOfTheirPortRefusesAreDropped) {
  PortRule tagged = access(2);
  tagged.vlan.acceptable = AcceptableFrames::tagged;
  auto changed =
      std::async(std::launch::async, [&] { lan_.engine().set_port_rule(alices_, tagged); });
  std::size_t of_alice = 0;
  wait_for_carol([&] { return alices_cable_->receive(); }, of_alice);
  gate_->open();
  changed.get();
  lan_.settle();
  EXPECT_EQ(lan_.drops(alices_, DropReason::untagged_refused), sent_frames - first_of_last_eight);
  EXPECT_EQ(bob_hears(alice), first_of_last_eight);
}

TEST_F(WorkerMail, PortThatIsDetachedHasForwardedWhatItRead) {
  std::promise<std::size_t> passed;
  Worker& worker = lan_.pool().worker(0);
  worker.post([&] {
    worker.detach(SwitchId{}, alices_);
    passed.set_value(gate_->passed());
  });
  gate_->open();
  EXPECT_EQ(passed.get_future().get(), sent_frames);
  lan_.engine().remove_port(alices_);
  EXPECT_EQ(bob_hears(alice), sent_frames);
}

// Whoever lends may end with the detaching: nothing of the batch is read afterwards, nor given
// back.
TEST_F(WorkerMail, PortThatIsDetachedHasBackWhatItLent) {
  std::size_t lent_before = 0;
  std::promise<std::size_t> lent_after;
  Worker& worker = lan_.pool().worker(0);
  worker.post([&] {
    lent_before = lender_->lent_count();
    worker.detach(SwitchId{}, alices_);
    lent_after.set_value(lender_->lent_count());
    lender_->retire();
  });
  gate_->open();
  EXPECT_EQ(lent_after.get_future().get(), 0U);
  EXPECT_GE(lent_before, sent_frames - first_of_last_eight + 1);
  lan_.settle();
  EXPECT_FALSE(lender_->is_asked_in_retirement());
  for (std::size_t i = 0; i < sent_frames; ++i) {
    EXPECT_EQ(lan_.cable(0).wait_for_frame(), sent_frame(i));
  }
  lan_.engine().remove_port(alices_);
}

}  // namespace worker_mail_test
}  // namespace tapswitch::test
