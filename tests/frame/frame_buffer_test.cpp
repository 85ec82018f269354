// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/frame_buffer.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace {

using Bytes = std::vector<std::byte>;

class FrameBufferTest : public testing::Test {
 protected:
  // Twelve address bytes, EtherType 0x0800, and a payload: 0, 1, 2 ... all along.
  void receive(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      frame_->space()[i] = static_cast<std::byte>(i);
    }
    frame_->space()[12] = std::byte{0x08};
    frame_->space()[13] = std::byte{0x00};
    frame_->assign(size);
  }

  [[nodiscard]] Bytes bytes() const { return {frame_->bytes().begin(), frame_->bytes().end()}; }

  // As it should be with 'tag' in front of the EtherType.
  static Bytes with_tag(Bytes frame, std::initializer_list<int> tag) {
    Bytes inserted;
    std::transform(tag.begin(), tag.end(), std::back_inserter(inserted),
                   [](int value) { return static_cast<std::byte>(value); });
    frame.insert(frame.begin() + 12, inserted.begin(), inserted.end());
    return frame;
  }

  std::unique_ptr<FrameBuffer> frame_ = std::make_unique<FrameBuffer>();
};

TEST_F(FrameBufferTest, PushedTagStandsBeforeTheEtherType) {
  receive(60);
  const Bytes before = bytes();
  frame_->push_tag({.type = TagType::service, .priority = 7, .drop_eligible = true, .vid = 0xabc});
  EXPECT_EQ(bytes(), with_tag(before, {0x88, 0xa8, 0xfa, 0xbc}));
}

TEST_F(FrameBufferTest, PopUndoesPush) {
  receive(60);
  const Bytes before = bytes();
  frame_->push_tag({.vid = 10});
  frame_->pop_tag();
  EXPECT_EQ(bytes(), before);
}

TEST_F(FrameBufferTest, SetTagLeavesTheRestAlone) {
  receive(60);
  const Bytes before = bytes();
  frame_->push_tag({.vid = 10});
  frame_->set_tag({.priority = 1, .vid = 20});
  EXPECT_EQ(bytes(), with_tag(before, {0x81, 0x00, 0x20, 0x14}));
}

TEST_F(FrameBufferTest, InnerTagsAreUntouched) {
  receive(60);
  frame_->push_tag({.vid = 30});
  const Bytes one_tag = bytes();
  frame_->push_tag({.type = TagType::service, .vid = 100});
  EXPECT_EQ(bytes(), with_tag(one_tag, {0x88, 0xa8, 0x00, 0x64}));
  frame_->pop_tag();
  EXPECT_EQ(bytes(), one_tag);
}

TEST_F(FrameBufferTest, PayloadStaysWhereItIs) {
  receive(60);
  const std::byte* const payload = frame_->bytes().data() + FrameView::header_size;
  frame_->push_tag({.vid = 10});
  EXPECT_EQ(frame_->bytes().data() + FrameView::header_size + VlanTag::size, payload);
}

TEST_F(FrameBufferTest, ShortestAndLongestFramesTakeATag) {
  for (const std::size_t size : {FrameView::header_size, FrameBuffer::max_frame_size}) {
    receive(size);
    const Bytes before = bytes();
    frame_->push_tag({.vid = 1});
    EXPECT_EQ(bytes(), with_tag(before, {0x81, 0x00, 0x00, 0x01}));
    frame_->pop_tag();
    EXPECT_EQ(bytes(), before);
  }
}

TEST_F(FrameBufferTest, FrameThatCameWithATagMayLoseIt) {
  receive(64);
  frame_->space()[12] = std::byte{0x81};
  Bytes expected = bytes();
  expected.erase(expected.begin() + 12, expected.begin() + 16);
  frame_->pop_tag();
  EXPECT_EQ(bytes(), expected);
}

TEST_F(FrameBufferTest, PrefixEndsWhereTheFrameBegins) {
  receive(60);
  frame_->push_tag({.vid = 1});
  const std::span<std::byte> prefix = frame_->prefix(12);
  EXPECT_EQ(prefix.data() + prefix.size(), frame_->bytes().data());
}

TEST_F(FrameBufferTest, NextFrameStartsAfresh) {
  receive(60);
  const std::byte* const begin = frame_->bytes().data();
  frame_->push_tag({.vid = 1});
  receive(20);
  EXPECT_EQ(frame_->bytes().data(), begin);
  EXPECT_EQ(frame_->bytes().size(), 20U);
}

TEST_F(FrameBufferTest, SpaceShowsThatAFrameWasTooLong) {
  EXPECT_GT(frame_->space().size(), FrameBuffer::max_frame_size);
}

}  // namespace
}  // namespace tapswitch
