// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/punt_queue.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace tapswitch {
namespace punt_queue_test {

using Bytes = std::vector<std::byte>;

constexpr PortIndex p1{1};
constexpr PortIndex p2{2};

class PuntQueueTest : public testing::Test {
 protected:
  void push(PortIndex port, const Bytes& bytes) {
    queue_->push({.port = port, .vid = 7, .learned = Learned::added, .when = {}, .bytes = bytes});
  }

  int calls_ = 0;
  std::unique_ptr<PuntQueue> queue_ = std::make_unique<PuntQueue>([this] { ++calls_; });
};

TEST_F(PuntQueueTest, GivesBackInOrderWhatWasPutIn) {
  EXPECT_FALSE(queue_->pop());
  push(p1, Bytes(60, std::byte{1}));
  push(p2, Bytes(PuntQueue::most_octets, std::byte{2}));
  const auto first = queue_->pop();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->port, p1);
  EXPECT_EQ(first->vid, 7);
  EXPECT_EQ(first->learned, Learned::added);
  EXPECT_EQ(first->bytes, Bytes(60, std::byte{1}));
  const auto second = queue_->pop();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->port, p2);
  EXPECT_EQ(second->bytes, Bytes(PuntQueue::most_octets, std::byte{2}));
  EXPECT_FALSE(queue_->pop());
  EXPECT_EQ(queue_->refused(), 0U);
}

TEST_F(PuntQueueTest, CallsWhenTheQueueWasEmpty) {
  push(p1, Bytes(60));
  push(p1, Bytes(60));
  EXPECT_EQ(calls_, 1);
  (void)queue_->pop();
  (void)queue_->pop();
  push(p1, Bytes(60));
  EXPECT_EQ(calls_, 2);
}

TEST_F(PuntQueueTest, StormAtOnePortLeavesRoomForTheOthers) {
  for (std::size_t i = 0; i < PuntQueue::capacity; ++i) {
    push(p1, Bytes(60));
  }
  EXPECT_EQ(queue_->refused(), PuntQueue::capacity - PuntQueue::share);
  push(p2, Bytes(60));
  EXPECT_EQ(queue_->refused(), PuntQueue::capacity - PuntQueue::share);
  // And for the port itself when some were taken out.
  (void)queue_->pop();
  push(p1, Bytes(60));
  EXPECT_EQ(queue_->refused(), PuntQueue::capacity - PuntQueue::share);
}

TEST_F(PuntQueueTest, TakesNoMoreThanItHasRoomFor) {
  for (std::size_t i = 0; i < 2 * PuntQueue::capacity; ++i) {
    push(static_cast<PortIndex>(i % 16), Bytes(60, std::byte{static_cast<unsigned char>(i)}));
  }
  EXPECT_EQ(queue_->refused(), PuntQueue::capacity);
  for (std::size_t i = 0; i < PuntQueue::capacity; ++i) {
    const auto frame = queue_->pop();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->bytes, Bytes(60, std::byte{static_cast<unsigned char>(i)}));
  }
  EXPECT_FALSE(queue_->pop());
}

TEST_F(PuntQueueTest, FrameThatIsTooLongIsRefused) {
  push(p1, Bytes(PuntQueue::most_octets + 1));
  EXPECT_EQ(queue_->refused(), 1U);
  EXPECT_FALSE(queue_->pop());
  EXPECT_EQ(calls_, 0);
}

}  // namespace punt_queue_test
}  // namespace tapswitch
