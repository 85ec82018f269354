// SPDX-License-Identifier: Apache-2.0
// Tests what is found in a frame, and that it stays true when tags come and go: what shifting makes
// of it must be what a new search would find.
#include "switch/frame/layout.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace layout_test {

using test::SuperFrame;
using test::SuperFrameRecipe;
using Bytes = std::vector<std::byte>;

const SuperFrameRecipe recipes[] = {
    {},
    {.is_ipv6 = true},
    {.kind = TransportKind::udp},
    {.ipv4_option_size = 40, .tcp_option_size = 40},
    {.is_ipv6 = true, .extensions = {{0, 16}, {43, 24}, {60, 8}}},
    {.tags = {{.vid = 1}}},
    {.tags = {{.type = TagType::service, .vid = 1}, {.vid = 2}, {.vid = 3}}},
    {.is_ipv6 = true, .kind = TransportKind::udp, .tags = {{.vid = 1}}, .extensions = {{60, 64}}},
};

TEST(Layout, HeadersAreThoseThatWereBuilt) {
  for (const SuperFrameRecipe& recipe : recipes) {
    const SuperFrame frame = test::build(recipe);
    const Layout layout = Layout::find(frame.bytes);
    ASSERT_TRUE(layout.has_network());
    EXPECT_EQ(layout.network(), frame.headers.network);
    EXPECT_EQ(layout.headers(), frame.headers);
    EXPECT_EQ(layout.tag_count(), recipe.tags.size());
  }
}

TEST(Layout, EditedTagsShiftItToWhereASearchFindsIt) {
  const auto buffer = std::make_unique<FrameBuffer>();
  for (const SuperFrameRecipe& recipe : recipes) {
    test::fill(*buffer, test::build(recipe).bytes);
    const Layout before = buffer->layout();
    for (int tags = 0; tags < 2; ++tags) {
      buffer->push_tag({.vid = 10});
      EXPECT_EQ(buffer->layout(), Layout::find(buffer->head()));
    }
    for (int tags = 0; tags < 2; ++tags) {
      buffer->pop_tag();
      EXPECT_EQ(buffer->layout(), Layout::find(buffer->head()));
    }
    EXPECT_EQ(buffer->layout(), before);
  }
}

// However far they reach beyond what is copied at first.
TEST(Layout, HeadersOfALentFrameAreThoseOfAWholeOne) {
  test::LentMemory memory;
  const auto buffer = std::make_unique<FrameBuffer>();
  for (std::size_t size = 0; size <= 1'000; size += 8) {
    SuperFrameRecipe recipe{.is_ipv6 = true, .payload = test::noise(2'000)};
    if (size > 0) {
      recipe.extensions = {{60, size}};
    }
    const SuperFrame frame = test::build(recipe);
    test::fill_lent(*buffer, memory, frame.bytes);
    EXPECT_EQ(buffer->layout(), Layout::find(frame.bytes)) << size;
    EXPECT_LE(buffer->layout().headers().value_or(HeaderLayout()).payload, buffer->head().size());
    EXPECT_EQ(test::bytes_of(*buffer), frame.bytes) << size;
  }
}

// No search would find them any more: they are longer than it looks.
TEST(Layout, HeadersAsLongAsMayBeStayKnownWithATagMore) {
  const auto buffer = std::make_unique<FrameBuffer>();
  const SuperFrame frame =
      test::build({.is_ipv6 = true, .extensions = {{0, 944}}, .tcp_option_size = 4});
  ASSERT_EQ(frame.headers.payload, max_header_size - 2);
  test::fill(*buffer, frame.bytes);
  buffer->push_tag({.vid = 10});
  ASSERT_TRUE(buffer->layout().headers());
  EXPECT_EQ(buffer->layout().headers()->payload, max_header_size + 2);
  EXPECT_FALSE(Layout::find(buffer->head()).headers());
}

TEST(Layout, NothingIsFoundWhereTagsAreCutOffOrTooMany) {
  Bytes cut_off = test::FrameBuilder().tag({.vid = 1}).tag({.vid = 2}).build();
  cut_off.resize(FrameView::header_size + VlanTag::size);
  Bytes many = test::FrameBuilder().build();
  for (std::size_t i = 0; i < max_header_size / VlanTag::size; ++i) {
    const Bytes tag{std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{1}};
    many.insert(many.begin() + FrameView::ether_type_offset, tag.begin(), tag.end());
  }
  for (const Bytes& bytes : {Bytes(), Bytes(13), cut_off, many}) {
    const Layout layout = Layout::find(bytes);
    EXPECT_FALSE(layout.has_network());
    EXPECT_FALSE(layout.headers());
    EXPECT_EQ(layout.tag_count(), 2U);
  }
}

TEST(Layout, FrameOfAnotherProtocolHasANetworkLayerAlone) {
  const Layout layout = Layout::find(test::FrameBuilder().tag({.vid = 1}).build());
  ASSERT_TRUE(layout.has_network());
  EXPECT_EQ(layout.network(), FrameView::header_size + VlanTag::size);
  EXPECT_FALSE(layout.headers());
}

}  // namespace layout_test
}  // namespace tapswitch
