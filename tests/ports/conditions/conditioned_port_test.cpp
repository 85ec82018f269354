// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/conditions/conditioned_port.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/frame_builder.hpp"
#include "tests/support/socket_port.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {
namespace conditioned_port_test {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Bytes = std::vector<std::byte>;

Bytes frame_of(std::size_t payload) { return test::FrameBuilder().payload(payload).build(); }

class ConditionedPortTest : public testing::Test {
 protected:
  void make(const PortConditions& conditions,
            const std::optional<OffloadSet>& offloads = std::nullopt) {
    test::SocketPortPair pair = test::make_socket_port(1 << 20, offloads);
    cable_.emplace(std::move(pair.cable));
    port_ = ConditionedPort::open(*pair.port, conditions, room_).value();
    port_->own(std::move(pair.port));
  }

  SendStatus send(const Bytes& frame) {
    test::fill(buffer_, frame);
    return port_->send(buffer_);
  }

  // Does what the worker does when the port is readable, by whichever descriptor.
  ReceiveStatus work() {
    if (!test::wait_until_any_readable(descriptors())) {
      return ReceiveStatus::gone;
    }
    const ReceiveStatus status = port_->receive_further(0, buffer_);
    return status == ReceiveStatus::empty &&
                   test::wait_until_readable(port_->descriptor(0), milliseconds(0))
               ? port_->receive(0, buffer_)
               : status;
  }
  bool is_quiet() { return !test::wait_until_any_readable(descriptors(), milliseconds(0)); }
  [[nodiscard]] std::vector<int> descriptors() const {
    std::vector<int> all{port_->descriptor(0)};
    std::ranges::copy(port_->further_descriptors(0), std::back_inserter(all));
    return all;
  }

  std::shared_ptr<WaitingRoom> room_ = std::make_shared<WaitingRoom>();
  std::optional<test::Cable> cable_;
  std::unique_ptr<ConditionedPort> port_;
  FrameBuffer buffer_;
};

TEST_F(ConditionedPortTest, FrameLeavesWhenItIsDueAndNotBefore) {
  make({.in = {}, .out = {.delay = milliseconds(30)}});
  const auto begin = steady_clock::now();
  ASSERT_EQ(send(frame_of(100)), SendStatus::sent);
  EXPECT_FALSE(cable_->receive());
  EXPECT_EQ(work(), ReceiveStatus::empty);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(30));
  EXPECT_EQ(cable_->wait_for_frame(), frame_of(100));
  EXPECT_TRUE(is_quiet());
}

TEST_F(ConditionedPortTest, FrameComesInWhenItIsDueAndNotBefore) {
  make({.in = {.delay = milliseconds(30)}, .out = {}});
  const auto begin = steady_clock::now();
  ASSERT_TRUE(cable_->send(frame_of(100)));
  EXPECT_EQ(work(), ReceiveStatus::empty);
  EXPECT_EQ(work(), ReceiveStatus::received);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(30));
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame_of(100)));
  EXPECT_EQ(port_->receive(0, buffer_), ReceiveStatus::empty);
  EXPECT_TRUE(is_quiet());
}

TEST_F(ConditionedPortTest, EachDirectionHasItsOwn) {
  make({.in = {.loss = 1}, .out = {.queue = 100}});
  ASSERT_EQ(send(frame_of(100)), SendStatus::sent);
  EXPECT_EQ(cable_->wait_for_frame(), frame_of(100));
  ASSERT_TRUE(cable_->send(frame_of(101)));
  ASSERT_EQ(work(), ReceiveStatus::lost);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame_of(101)));
}

TEST_F(ConditionedPortTest, LossAndAFullQueueAreSaid) {
  make({.in = {.delay = milliseconds(1), .queue = 150}, .out = {.loss = 1}});
  EXPECT_EQ(send(frame_of(100)), SendStatus::lost);
  port_->set({.in = {.delay = std::chrono::seconds(9), .queue = 150},
              .out = {.delay = std::chrono::seconds(9), .queue = 150}});
  EXPECT_EQ(send(frame_of(100)), SendStatus::sent);
  EXPECT_EQ(send(frame_of(101)), SendStatus::queue_full);
  ASSERT_TRUE(cable_->send(frame_of(100)));
  ASSERT_TRUE(cable_->send(frame_of(101)));
  EXPECT_EQ(work(), ReceiveStatus::empty);
  ASSERT_EQ(work(), ReceiveStatus::queue_full);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame_of(101)));
}

TEST_F(ConditionedPortTest, ManyFramesStayInOrder) {
  make({.in = {}, .out = {.delay = milliseconds(5), .jitter = milliseconds(5)}});
  std::vector<Bytes> sent;
  for (std::size_t size = 100; size < 400; ++size) {
    sent.push_back(frame_of(size));
    ASSERT_EQ(send(sent.back()), SendStatus::sent);
  }
  std::vector<Bytes> received;
  while (received.size() < sent.size()) {
    ASSERT_EQ(work(), ReceiveStatus::empty);
    while (auto frame = cable_->receive()) {
      received.push_back(std::move(*frame));
    }
  }
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(is_quiet());
}

TEST_F(ConditionedPortTest, FrameThatCannotLeaveInTheEndIsTold) {
  make({.in = {}, .out = {.delay = milliseconds(1)}});
  ASSERT_EQ(send(frame_of(100)), SendStatus::sent);
  cable_->pull();
  std::this_thread::sleep_for(milliseconds(2));  // until it is due
  ASSERT_EQ(work(), ReceiveStatus::unsent);
  EXPECT_NE(port_->unsent_status(), SendStatus::sent);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame_of(100)));
  EXPECT_EQ(work(), ReceiveStatus::gone);
}

// A port that tells only later that a frame has not arrived.
class RemorsefulPort final : public Port {
 public:
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return pair_.port->descriptor(0);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/,
                                      FrameBuffer& /*frame*/) noexcept override {
    return ReceiveStatus::unsent;
  }
  [[nodiscard]] SendStatus unsent_status() const noexcept override { return SendStatus::refused; }
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::sent;
  }
  [[nodiscard]] LinkStatus link() const override { return {}; }

 private:
  test::SocketPortPair pair_ = test::make_socket_port();
};

TEST_F(ConditionedPortTest, WhyAFrameHasNotArrivedIsToldAsItsPortDoes) {
  RemorsefulPort inner;
  for (const auto& delay : {milliseconds(0), milliseconds(1)}) {
    const auto port = ConditionedPort::open(inner, {.in = {.delay = delay}, .out = {}}, room_);
    ASSERT_EQ((*port)->receive(0, buffer_), ReceiveStatus::unsent);
    EXPECT_EQ((*port)->unsent_status(), SendStatus::refused);
  }
}

TEST_F(ConditionedPortTest, ConditionsThatGoLetGoOfWhatWaits) {
  make({.in = {.delay = std::chrono::seconds(50)}, .out = {.delay = std::chrono::seconds(50)}});
  ASSERT_EQ(send(frame_of(100)), SendStatus::sent);
  ASSERT_TRUE(cable_->send(frame_of(101)));
  EXPECT_EQ(work(), ReceiveStatus::empty);
  EXPECT_FALSE(port_->is_clear());
  port_->set({});
  EXPECT_EQ(work(), ReceiveStatus::received);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame_of(101)));
  EXPECT_EQ(cable_->wait_for_frame(), frame_of(100));
  EXPECT_TRUE(port_->is_clear());
}

// One per cent of loss is of frames of the wire.
TEST_F(ConditionedPortTest, SuperFrameThatComesInIsCutFirst) {
  make({.in = {.delay = milliseconds(1)}, .out = {}}, all_offloads);
  EXPECT_FALSE(port_->offloads().takes_tcp());
  EXPECT_TRUE(port_->offloads().checksum);
  const test::SuperFrame frame = test::build({.payload = Bytes(10'000)});
  ASSERT_TRUE(cable_->send(test::with_header(frame.offload, frame.bytes)));
  const std::vector<Bytes> segments = test::cut(frame.bytes, frame.offload);
  ASSERT_GT(segments.size(), 6U);
  std::size_t received = 0;
  while (received < segments.size()) {
    if (work() == ReceiveStatus::received) {
      EXPECT_TRUE(std::ranges::equal(buffer_.head(), segments[received]));
      ++received;
    }
  }
  EXPECT_EQ(port_->receive(0, buffer_), ReceiveStatus::empty);
  EXPECT_TRUE(is_quiet());
}

// The rest of a super-frame is told of, though nothing more comes.
TEST_F(ConditionedPortTest, EachLostSegmentIsTold) {
  make({.in = {.loss = 1}, .out = {}}, all_offloads);
  const test::SuperFrame frame = test::build({.payload = Bytes(10'000)});
  ASSERT_TRUE(cable_->send(test::with_header(frame.offload, frame.bytes)));
  for (std::size_t lost = 0; lost < test::cut(frame.bytes, frame.offload).size(); ++lost) {
    ASSERT_EQ(work(), ReceiveStatus::lost);
  }
  EXPECT_EQ(port_->receive(0, buffer_), ReceiveStatus::empty);
  EXPECT_TRUE(is_quiet());
}

TEST_F(ConditionedPortTest, ConditionsThatGoLetASuperFrameBeCutToItsEnd) {
  make({.in = {.loss = 1}, .out = {}}, all_offloads);
  const test::SuperFrame frame = test::build({.payload = Bytes(10'000)});
  ASSERT_TRUE(cable_->send(test::with_header(frame.offload, frame.bytes)));
  ASSERT_EQ(work(), ReceiveStatus::lost);
  port_->set({});
  EXPECT_FALSE(port_->is_clear());
  for (std::size_t left = test::cut(frame.bytes, frame.offload).size() - 1; left > 0; --left) {
    ASSERT_EQ(work(), ReceiveStatus::received);
  }
  EXPECT_EQ(port_->receive(0, buffer_), ReceiveStatus::empty);
  EXPECT_TRUE(port_->is_clear());
  EXPECT_TRUE(is_quiet());
}

TEST_F(ConditionedPortTest, FrameThatHasWaitedHasItsLayout) {
  make({.in = {}, .out = {.delay = milliseconds(1)}});
  ASSERT_EQ(send(test::build({.payload = Bytes(100)}).bytes), SendStatus::sent);
  EXPECT_EQ(work(), ReceiveStatus::empty);
  EXPECT_TRUE(buffer_.layout().headers());
}

TEST_F(ConditionedPortTest, ThreadsSendAtOnce) {
  make({.in = {}, .out = {.delay = milliseconds(1)}});
  constexpr std::size_t each = 200;
  const auto send_some = [this] {
    FrameBuffer buffer;
    for (std::size_t i = 0; i < each; ++i) {
      test::fill(buffer, frame_of(60));
      EXPECT_EQ(port_->send(buffer), SendStatus::sent);
    }
  };
  std::jthread one(send_some);
  std::jthread other(send_some);
  std::size_t received = 0;
  while (received < 2 * each) {
    ASSERT_NE(work(), ReceiveStatus::gone);
    while (cable_->receive()) {
      ++received;
    }
  }
}

}  // namespace conditioned_port_test
}  // namespace tapswitch
