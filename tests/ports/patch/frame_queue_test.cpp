// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/patch/frame_queue.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {
namespace frame_queue_test {

using Bytes = std::vector<std::byte>;

constexpr std::size_t capacity = 256 << 10;

class FrameQueueTest : public testing::Test {
 protected:
  bool push(const Bytes& frame) {
    test::fill(buffer_, frame);
    return queue_.push(buffer_);
  }

  bool is_readable() { return test::wait_until_readable(queue_.descriptor(), {}); }

  FrameQueue queue_{capacity, UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))};
  FrameBuffer buffer_;
};

// The number that a frame of number_in() starts with.
std::uint32_t number_of(std::span<const std::byte> frame) {
  std::uint32_t number = 0;
  std::memcpy(&number, frame.data(), sizeof number);
  return number;
}

Bytes frame_with(std::uint32_t number, std::size_t size) {
  Bytes frame = test::noise(size, number);
  std::memcpy(frame.data(), &number, sizeof number);
  return frame;
}

TEST_F(FrameQueueTest, FramesComeOutInOrderWithWhatIsUnfinished) {
  const test::SuperFrame super_frame = test::build({});
  std::ranges::copy(super_frame.bytes, buffer_.space().begin());
  buffer_.assign(super_frame.bytes.size(), super_frame.offload);
  buffer_.set_number(7);
  EXPECT_TRUE(queue_.push(buffer_));
  EXPECT_TRUE(push(Bytes(1)));

  ASSERT_TRUE(queue_.pop(buffer_));
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), super_frame.bytes));
  EXPECT_EQ(buffer_.offload(), super_frame.offload);
  EXPECT_EQ(buffer_.number(), 7U);
  ASSERT_TRUE(queue_.pop(buffer_));
  EXPECT_EQ(buffer_.number(), 0U);
  EXPECT_EQ(buffer_.size(), 1U);
  EXPECT_TRUE(buffer_.offload().is_plain());
  EXPECT_FALSE(queue_.pop(buffer_));
}

TEST_F(FrameQueueTest, DescriptorIsReadableAsLongAsThereAreFrames) {
  EXPECT_FALSE(is_readable());
  ASSERT_TRUE(push(Bytes(60)));
  ASSERT_TRUE(push(Bytes(60)));
  EXPECT_TRUE(is_readable());
  ASSERT_TRUE(queue_.pop(buffer_));
  EXPECT_TRUE(is_readable());
  ASSERT_TRUE(queue_.pop(buffer_));
  EXPECT_FALSE(is_readable());
  ASSERT_TRUE(push(Bytes(60)));
  EXPECT_TRUE(is_readable());
}

TEST_F(FrameQueueTest, FullQueueTakesNoMoreUntilThereIsRoom) {
  std::size_t count = 0;
  while (push(frame_with(static_cast<std::uint32_t>(count), 1'500))) {
    ++count;
  }
  EXPECT_GT(count, capacity / 1'600);
  EXPECT_LT(count, capacity / 1'500);
  EXPECT_FALSE(push(Bytes(1'500)));
  ASSERT_TRUE(queue_.pop(buffer_));
  EXPECT_EQ(number_of(buffer_.head()), 0U);
  EXPECT_TRUE(push(frame_with(static_cast<std::uint32_t>(count), 1'500)));
  for (std::uint32_t number = 1; number <= count; ++number) {
    ASSERT_TRUE(queue_.pop(buffer_));
    EXPECT_EQ(number_of(buffer_.head()), number);
  }
  EXPECT_FALSE(queue_.pop(buffer_));
}

// Frames have all sizes, so that records end wherever the ring does.
TEST_F(FrameQueueTest, FramesThatReachTheEndOfTheRingStayWhole) {
  std::mt19937 random(7);
  std::uint32_t next_in = 0;
  std::uint32_t next_out = 0;
  std::vector<Bytes> expected;
  while (next_out < 300) {
    const std::size_t size = std::uniform_int_distribution<std::size_t>(4, 40'000)(random);
    const Bytes frame = frame_with(next_in, size);
    if (random() % 2 == 0 && push(frame)) {
      ++next_in;
      expected.push_back(frame);
    } else if (queue_.pop(buffer_)) {
      ASSERT_TRUE(std::ranges::equal(buffer_.head(), expected[next_out]));
      ++next_out;
    }
  }
}

TEST_F(FrameQueueTest, LargestFrameFits) {
  for (int i = 0; i < 20; ++i) {
    const Bytes frame = test::noise(FrameBuffer::max_frame_size, static_cast<std::uint32_t>(i));
    ASSERT_TRUE(push(frame));
    ASSERT_TRUE(queue_.pop(buffer_));
    ASSERT_TRUE(std::ranges::equal(buffer_.head(), frame));
  }
}

// Nothing is lost unsaid, nobody waits for ever, and the frames of one thread stay in order.
TEST_F(FrameQueueTest, ThreadsThatPutInAndOneThatSleepsUntilThereIsSomething) {
  constexpr std::uint32_t frames_each = 20'000;
  constexpr std::size_t producers = 2;
  const auto produce = [this](std::uint32_t producer) {
    FrameBuffer buffer;
    for (std::uint32_t i = 0; i < frames_each; ++i) {
      test::fill(buffer, frame_with(producer << 24 | i, 60 + i % 100));
      while (!queue_.push(buffer)) {
        std::this_thread::yield();
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back(produce, producer);
  }
  std::array<std::uint32_t, producers> next{};
  for (std::size_t received = 0; received < producers * frames_each;) {
    // One at a time, so that whatever is left in the queue must have been told of.
    ASSERT_TRUE(test::wait_until_readable(queue_.descriptor()));
    if (!queue_.pop(buffer_)) {
      continue;
    }
    const std::uint32_t number = number_of(buffer_.head());
    ASSERT_EQ(number & 0xff'ffff, next[number >> 24]++);
    ++received;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace frame_queue_test
}  // namespace tapswitch
