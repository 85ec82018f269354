// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/frame_buffer.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace frame_buffer_test {

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

  [[nodiscard]] Bytes bytes() const { return {frame_->head().begin(), frame_->head().end()}; }

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
  const std::byte* const payload = frame_->head().data() + FrameView::header_size;
  frame_->push_tag({.vid = 10});
  EXPECT_EQ(frame_->head().data() + FrameView::header_size + VlanTag::size, payload);
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
  EXPECT_EQ(prefix.data() + prefix.size(), frame_->head().data());
}

TEST_F(FrameBufferTest, NextFrameStartsAfresh) {
  receive(60);
  const std::byte* const begin = frame_->head().data();
  frame_->push_tag({.vid = 1});
  receive(20);
  EXPECT_EQ(frame_->head().data(), begin);
  EXPECT_EQ(frame_->size(), 20U);
}

TEST_F(FrameBufferTest, SpaceShowsThatAFrameWasTooLong) {
  EXPECT_GT(frame_->space().size(), FrameBuffer::max_frame_size);
}

// A frame that counts up, of which a port lends what is behind the head.
class LentFrameBufferTest : public FrameBufferTest {
 protected:
  // Borrows 'size' bytes in parts of 'part_size'.
  bool borrow(std::size_t size, std::size_t part_size) {
    receive(size);
    lent_ = bytes();
    std::vector<FrameBuffer::Part> parts;
    for (std::size_t at = 0; at < size; at += part_size) {
      parts.push_back(std::span(lent_).subspan(at, std::min(part_size, size - at)));
    }
    return frame_->borrow(parts);
  }

  [[nodiscard]] Bytes copied() const {
    Bytes all(frame_->size());
    frame_->copy(0, all);
    return all;
  }

  Bytes lent_;
};

TEST_F(LentFrameBufferTest, HeadIsCopiedAndTheBodyStaysWhereItIs) {
  ASSERT_TRUE(borrow(1'500, 400));
  EXPECT_EQ(frame_->size(), 1'500U);
  EXPECT_EQ(frame_->head().size(), FrameBuffer::lent_head_size);
  ASSERT_EQ(frame_->body().size(), 4U);
  EXPECT_EQ(frame_->body()[0].data(), &lent_[FrameBuffer::lent_head_size]);
  EXPECT_EQ(frame_->body()[3].data(), &lent_[1'200]);
  EXPECT_EQ(copied(), lent_);
}

TEST_F(LentFrameBufferTest, ShortFrameIsWhole) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{60}, FrameBuffer::lent_head_size}) {
    ASSERT_TRUE(borrow(size, 50));
    EXPECT_FALSE(frame_->is_lent());
    EXPECT_TRUE(frame_->body().empty());
    EXPECT_EQ(bytes(), lent_);
  }
}

TEST_F(LentFrameBufferTest, FrameInTooManyPartsIsCopied) {
  ASSERT_TRUE(borrow(FrameBuffer::most_parts * 100, 100));
  EXPECT_TRUE(frame_->is_lent());
  ASSERT_TRUE(borrow(FrameBuffer::most_parts * 100 + 1, 100));
  EXPECT_FALSE(frame_->is_lent());
  EXPECT_EQ(bytes(), lent_);
  ASSERT_TRUE(borrow(1'500, 1));
  EXPECT_EQ(bytes(), lent_);
}

TEST_F(LentFrameBufferTest, PartsThatAreTogetherTooLongAreRefused) {
  EXPECT_TRUE(borrow(FrameBuffer::max_frame_size, 10'000));
  const Bytes long_part(FrameBuffer::max_frame_size);
  const Bytes more(1);
  const FrameBuffer::Part too_long[] = {long_part, more};
  EXPECT_FALSE(frame_->borrow(too_long));
  // A sum that wraps must not seem short.
  const FrameBuffer::Part endless[] = {more, {more.data(), SIZE_MAX}};
  EXPECT_FALSE(frame_->borrow(endless));
}

TEST_F(LentFrameBufferTest, EmptyPartsAreNone) {
  const Bytes bytes(1'000, std::byte{1});
  const FrameBuffer::Part parts[] = {{}, std::span(bytes).first(500),   {},
                                     {}, std::span(bytes).subspan(500), {}};
  ASSERT_TRUE(frame_->borrow(parts));
  EXPECT_EQ(frame_->body().size(), 2U);
  EXPECT_EQ(copied(), bytes);
}

TEST_F(LentFrameBufferTest, TagsAreEditedInTheHead) {
  ASSERT_TRUE(borrow(1'500, 400));
  const Bytes before = lent_;
  frame_->push_tag({.vid = 10});
  EXPECT_EQ(copied(), with_tag(before, {0x81, 0x00, 0x00, 0x0a}));
  frame_->pop_tag();
  EXPECT_EQ(copied(), before);
  EXPECT_EQ(lent_, before);
}

TEST_F(LentFrameBufferTest, AnyPieceOfItCanBeCopied) {
  ASSERT_TRUE(borrow(600, 77));
  for (std::size_t begin = 0; begin <= 600; begin += 7) {
    for (std::size_t size = 0; begin + size <= 600; size += 31) {
      Bytes piece(size);
      frame_->copy(begin, piece);
      EXPECT_TRUE(std::ranges::equal(piece, std::span(lent_).subspan(begin, size)));
    }
  }
}

TEST_F(LentFrameBufferTest, MayBeMadeWhole) {
  ASSERT_TRUE(borrow(5'000, 700));
  frame_->push_tag({.vid = 10});
  const Bytes expected = copied();
  EXPECT_TRUE(std::ranges::equal(frame_->make_whole(), expected));
  lent_.assign(lent_.size(), std::byte{0});
  EXPECT_FALSE(frame_->is_lent());
  EXPECT_EQ(bytes(), expected);
  EXPECT_EQ(copied(), expected);
}

TEST_F(LentFrameBufferTest, NextFrameIsWholeAgain) {
  ASSERT_TRUE(borrow(5'000, 700));
  receive(60);
  EXPECT_FALSE(frame_->is_lent());
  EXPECT_TRUE(frame_->body().empty());
  EXPECT_EQ(frame_->size(), 60U);
}

// Linux says so of segments that it joined without a look into them (rx-gro-list): each checksum
// was right, and that of the first stands in the header.
test::SuperFrame joined_unseen(const test::SuperFrameRecipe& recipe) {
  test::SuperFrame frame = test::build(recipe);
  const std::size_t field = frame.headers.transport + frame.offload.checksum_offset;
  const Bytes first = test::cut(frame.bytes, frame.offload).front();
  std::copy_n(first.begin() + static_cast<std::ptrdiff_t>(field), 2,
              frame.bytes.begin() + static_cast<std::ptrdiff_t>(field));
  frame.offload.needs_checksum = false;
  frame.offload.is_verified = true;
  frame.offload.checksum_start = frame.offload.checksum_offset = 0;
  return frame;
}

TEST_F(FrameBufferTest, SuperFrameWhoseChecksumsWereCheckedIsTakenAndLeftUnfinished) {
  for (const bool is_ipv6 : {false, true}) {
    for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
      const test::SuperFrameRecipe recipe{
          .is_ipv6 = is_ipv6, .kind = kind, .payload = test::noise(5'000)};
      const test::SuperFrame joined = joined_unseen(recipe);
      test::fill(*frame_, joined.bytes, joined.offload);
      ASSERT_TRUE(frame_->check_offload());
      const test::SuperFrame expected = test::build(recipe);
      EXPECT_EQ(bytes(), expected.bytes);
      EXPECT_EQ(frame_->offload(), expected.offload);
    }
  }
}

TEST_F(FrameBufferTest, SuperFrameWhoseChecksumsNobodyCheckedIsRefused) {
  test::SuperFrame joined = joined_unseen({});
  joined.offload.is_verified = false;
  test::fill(*frame_, joined.bytes, joined.offload);
  EXPECT_FALSE(frame_->check_offload());
  // Nor is one that is of another kind than it says.
  joined.offload.is_verified = true;
  joined.offload.gso = GsoKind::udp;
  test::fill(*frame_, joined.bytes, joined.offload);
  EXPECT_FALSE(frame_->check_offload());
}

TEST_F(FrameBufferTest, PaddingIsOfZerosAndGoesAgain) {
  receive(60);
  receive(20);
  const Bytes before = bytes();
  frame_->pad(60);
  Bytes padded = before;
  padded.resize(60);
  EXPECT_EQ(bytes(), padded);
  frame_->cut_off(20);
  EXPECT_EQ(bytes(), before);
}

}  // namespace frame_buffer_test
}  // namespace tapswitch
