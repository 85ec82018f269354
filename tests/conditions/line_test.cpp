// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/line.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <memory>
#include <vector>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace line_test {

using std::chrono::milliseconds;
using Bytes = std::vector<std::byte>;
using Entry = Line::Entry;

constexpr TimePoint start = TimePoint() + std::chrono::hours(1);

class LineTest : public testing::Test {
 protected:
  Line line(const Conditions& conditions) { return {conditions, 1, room_, start}; }

  Entry enter(Line& line, std::size_t payload, TimePoint now = start, bool must_wait = false) {
    test::fill(buffer_, test::FrameBuilder().payload(payload).build());
    return line.enter(buffer_, now, must_wait);
  }

  // The sizes of the payloads that come out.
  std::vector<std::size_t> leave_all(Line& line, TimePoint now) {
    std::vector<std::size_t> sizes;
    while (line.leave(buffer_, now)) {
      sizes.push_back(buffer_.size() - FrameView::header_size);
    }
    return sizes;
  }

  std::shared_ptr<WaitingRoom> room_ = std::make_shared<WaitingRoom>();
  FrameBuffer buffer_;
};

using Sizes = std::vector<std::size_t>;

TEST_F(LineTest, FramesComeOutWhenTheyAreDueAndInOrder) {
  Line line = this->line({.delay = milliseconds(10)});
  EXPECT_EQ(enter(line, 100), Entry::waits);
  EXPECT_EQ(enter(line, 101, start + milliseconds(1)), Entry::waits);
  EXPECT_EQ(line.next_due(), start + milliseconds(10));
  EXPECT_EQ(leave_all(line, start + milliseconds(9)), Sizes());
  EXPECT_EQ(leave_all(line, start + milliseconds(10)), Sizes{100});
  EXPECT_EQ(leave_all(line, start + milliseconds(99)), Sizes{101});
  EXPECT_EQ(line.next_due(), std::nullopt);
  EXPECT_EQ(room_->used(), 0U);
}

TEST_F(LineTest, FrameThatNeedNotWaitPassesUnlessOthersWait) {
  Line line = this->line({.reorder = 0, .rate = 8'000'000, .burst = 2'000});
  EXPECT_EQ(enter(line, 886), Entry::passes);
  EXPECT_EQ(enter(line, 886), Entry::passes);
  EXPECT_EQ(enter(line, 886), Entry::waits);
  EXPECT_EQ(enter(line, 50, start + milliseconds(9)), Entry::waits);
  EXPECT_EQ(leave_all(line, start + milliseconds(9)), (Sizes{886, 50}));
  EXPECT_EQ(enter(line, 50, start + milliseconds(9), true), Entry::waits);
}

TEST_F(LineTest, ReorderedFrameComesOutFirst) {
  Line line = this->line({.delay = milliseconds(10), .reorder = 1, .gap = 3});
  for (const std::size_t size : {101U, 102U, 103U, 104U}) {
    EXPECT_EQ(enter(line, size), Entry::waits);
  }
  EXPECT_EQ(leave_all(line, start), Sizes{103});
  EXPECT_EQ(leave_all(line, start + milliseconds(10)), (Sizes{101, 102, 104}));
}

TEST_F(LineTest, DuplicateComesOutTwice) {
  Line line = this->line({.duplicate = 1});
  EXPECT_EQ(enter(line, 100), Entry::waits);
  EXPECT_EQ(leave_all(line, start), (Sizes{100, 100}));
}

TEST_F(LineTest, GarbledFrameDiffersInOneBit) {
  Line line = this->line({.corrupt = 1});
  const Bytes sent = test::FrameBuilder().payload(1'000).build();
  test::fill(buffer_, sent);
  ASSERT_EQ(line.enter(buffer_, start), Entry::waits);
  ASSERT_TRUE(line.leave(buffer_, start));
  ASSERT_EQ(buffer_.size(), sent.size());
  int bits = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    bits += std::popcount(static_cast<unsigned char>(sent[i] ^ buffer_.head()[i]));
  }
  EXPECT_EQ(bits, 1);
}

TEST_F(LineTest, UnfinishedChecksumIsKeptUnlessTheFrameIsGarbled) {
  const test::SuperFrame frame = test::without_segmentation(test::build({.payload = Bytes(500)}));
  test::fill(buffer_, frame.bytes, frame.offload);
  Line later = line({.delay = milliseconds(1)});
  ASSERT_EQ(later.enter(buffer_, start), Entry::waits);
  ASSERT_TRUE(later.leave(buffer_, start + milliseconds(1)));
  EXPECT_EQ(buffer_.offload(), frame.offload);

  Line garbling = line({.corrupt = 1});
  ASSERT_EQ(garbling.enter(buffer_, start), Entry::waits);
  ASSERT_TRUE(garbling.leave(buffer_, start));
  EXPECT_TRUE(buffer_.offload().is_plain());
}

TEST_F(LineTest, LostAndBeyondTheQueueAreToldApart) {
  Line lossy = line({.loss = 1});
  EXPECT_EQ(enter(lossy, 100), Entry::lost);
  Line narrow = line({.delay = milliseconds(1), .queue = 200});
  EXPECT_EQ(enter(narrow, 100), Entry::waits);
  EXPECT_EQ(enter(narrow, 100), Entry::queue_full);
}

TEST_F(LineTest, AllLinesShareARoom) {
  room_ = std::make_shared<WaitingRoom>(2'500);
  Line one = line({.delay = milliseconds(1)});
  Line other = line({.delay = milliseconds(1)});
  EXPECT_EQ(enter(one, 1'000), Entry::waits);
  EXPECT_EQ(enter(other, 1'000), Entry::waits);
  EXPECT_EQ(enter(one, 1'000), Entry::queue_full);
  EXPECT_EQ(leave_all(other, start + milliseconds(1)), Sizes{1'000});
  EXPECT_EQ(enter(one, 1'000), Entry::waits);
}

TEST_F(LineTest, RoomIsGivenBackWithTheLine) {
  {
    Line line = this->line({.delay = milliseconds(1)});
    EXPECT_EQ(enter(line, 1'000), Entry::waits);
    EXPECT_GT(room_->used(), 1'000U);
  }
  EXPECT_EQ(room_->used(), 0U);
}

TEST_F(LineTest, WithoutConditionsWhatWaitsComesOutAtOnceAndFirst) {
  Line line = this->line({.delay = std::chrono::seconds(10)});
  EXPECT_EQ(enter(line, 100), Entry::waits);
  line.set({}, 1, start + milliseconds(1));
  EXPECT_FALSE(line.is_clear());
  EXPECT_EQ(enter(line, 101, start + milliseconds(1)), Entry::waits);
  EXPECT_EQ(leave_all(line, start + milliseconds(1)), (Sizes{100, 101}));
  EXPECT_TRUE(line.is_clear());
  EXPECT_EQ(enter(line, 102, start + milliseconds(1)), Entry::passes);
}

}  // namespace line_test
}  // namespace tapswitch
