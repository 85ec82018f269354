// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/frame_view.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace frame_view_test {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) {
    result.push_back(static_cast<std::byte>(value));
  }
  return result;
}

// From 02:...:01 to 02:...:02, with what comes after the addresses.
Bytes frame_with(std::initializer_list<int> rest) {
  Bytes result = bytes({2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1});
  const Bytes tail = bytes(rest);
  result.insert(result.end(), tail.begin(), tail.end());
  return result;
}

TEST(FrameView, FewerThanFourteenBytesAreARunt) {
  // Tag types in the addresses must not matter.
  const Bytes all(FrameView::header_size, std::byte{0x81});
  for (std::size_t size = 0; size < FrameView::header_size; ++size) {
    const auto view = FrameView::parse(std::span(all).first(size));
    ASSERT_FALSE(view) << size;
    EXPECT_EQ(view.error(), FrameFault::runt) << size;
  }
  EXPECT_TRUE(FrameView::parse(all));
}

TEST(FrameView, HeaderWithoutPayloadIsAFrame) {
  const Bytes frame = frame_with({0x08, 0x06});
  const auto view = FrameView::parse(frame);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->destination(), MacAddress(0x02'00'00'00'00'02));
  EXPECT_EQ(view->source(), MacAddress(0x02'00'00'00'00'01));
  EXPECT_EQ(view->ether_type(), 0x0806);
  EXPECT_EQ(view->tag(), std::nullopt);
  EXPECT_EQ(view->bytes().size(), 14U);
}

TEST(FrameView, TagCutShortIsToldFromARunt) {
  for (const int low : {0x00, 0xa8}) {
    const int high = low == 0 ? 0x81 : 0x88;
    const Bytes whole = frame_with({high, low, 0x20, 0x0a, 0x08, 0x00});
    for (std::size_t size = FrameView::header_size; size < whole.size(); ++size) {
      const auto view = FrameView::parse(std::span(whole).first(size));
      ASSERT_FALSE(view) << size;
      EXPECT_EQ(view.error(), FrameFault::tag_truncated) << size;
    }
    EXPECT_TRUE(FrameView::parse(whole));
  }
}

TEST(FrameView, TagIsRead) {
  const Bytes frame = frame_with({0x88, 0xa8, 0xb1, 0x23, 0x08, 0x00});
  const auto view = FrameView::parse(frame);
  ASSERT_TRUE(view);
  const VlanTag expected{
      .type = TagType::service, .priority = 5, .drop_eligible = true, .vid = 0x123};
  EXPECT_EQ(view->tag(), expected);
}

TEST(FrameView, OfTwentyTagsTheOutermostCounts) {
  Bytes frame = frame_with({});
  for (int vid = 1; vid <= 20; ++vid) {
    const Bytes tag = bytes({0x81, 0x00, 0x00, vid});
    frame.insert(frame.end(), tag.begin(), tag.end());
  }
  // The last of them is cut short, which concerns only who reads that far.
  const auto view = FrameView::parse(frame);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->tag(), VlanTag{.vid = 1});
}

}  // namespace frame_view_test
}  // namespace tapswitch
