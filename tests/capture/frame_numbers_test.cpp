// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/frame_numbers.hpp"

#include <memory>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace frame_numbers_test {

class FrameNumbersTest : public testing::Test {
 protected:
  std::uint64_t number_of(const std::vector<std::byte>& bytes, const Offload& offload = {},
                          std::size_t worker = 0) {
    fill(frame_, bytes);
    frame_.set_offload(offload);
    frame_.find_layout();
    numbers_.give(worker, frame_);
    return frame_.number();
  }

  FrameBuffer frame_;
  FrameNumbers numbers_{2};
};

std::vector<std::byte> small() { return std::vector<std::byte>(60); }

TEST_F(FrameNumbersTest, FrameKeepsTheNumberThatItWasGivenFirst) {
  const std::uint64_t number = number_of(small());
  EXPECT_NE(number, 0U);
  numbers_.give(1, frame_);
  EXPECT_EQ(frame_.number(), number);
  EXPECT_NE(number_of(small()), number);
}

TEST_F(FrameNumbersTest, SuperFrameTakesOneForEachSegment) {
  const SuperFrame super = build({.payload = noise(3'000)});
  const std::uint64_t first = number_of(super.bytes, super.offload);
  EXPECT_EQ(number_of(small()), first + 3);
}

TEST_F(FrameNumbersTest, NoNumberIsGivenTwiceAlsoByOtherWorkers) {
  const SuperFrame super = build({.segment_size = 1, .payload = noise(60'000)});
  std::set<std::uint64_t> taken;
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(taken.insert(number_of(small(), {}, i % 2)).second);
    const std::uint64_t first = number_of(super.bytes, super.offload, i % 2);
    for (std::uint64_t number = first; number < first + 60'000; ++number) {
      ASSERT_TRUE(taken.insert(number).second) << number;
    }
  }
}

}  // namespace frame_numbers_test
}  // namespace tapswitch::test
