// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/tunnel.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/tunnel_frame.hpp"

namespace tapswitch {
namespace tunnel_test {

using test::SuperFrame;
using test::TunnelFrame;
using test::TunnelKind;
using test::TunnelRecipe;
using Bytes = std::vector<std::byte>;

// Every kind of tunnel, with and without what it may have, over both versions of IP.
std::vector<TunnelRecipe> all_tunnels() {
  std::vector<TunnelRecipe> recipes;
  for (const TunnelKind kind : test::tunnel_kinds) {
    for (const bool is_ipv6 : {false, true}) {
      for (const bool has_checksum : {true, false}) {
        recipes.push_back({.kind = kind, .is_ipv6 = is_ipv6, .has_checksum = has_checksum});
        recipes.push_back({.kind = kind,
                           .is_ipv6 = is_ipv6,
                           .has_checksum = has_checksum,
                           .option_size = 20,
                           .has_key = true,
                           .tags = {{.type = TagType::service, .vid = 5}, {.vid = 6}}});
      }
    }
  }
  return recipes;
}

std::vector<SuperFrame> all_inner() {
  std::vector<SuperFrame> frames;
  for (const bool is_ipv6 : {false, true}) {
    for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
      for (const std::size_t size : {1'449U, 4'000U, 14'480U}) {
        frames.push_back(test::build({.is_ipv6 = is_ipv6,
                                      .kind = kind,
                                      .tcp_option_size = 12,
                                      .tcp_flags = 0xff,
                                      .identification = 0xfffe,
                                      .sequence = 0xffff'fff0,
                                      .payload = test::noise(size)}));
      }
    }
  }
  return frames;
}

// The segments of the inner frame, and inside a tunnel what of each lies there.
std::vector<Bytes> inner_segments(const SuperFrame& inner, const TunnelFrame& frame) {
  std::vector<Bytes> segments = test::cut(inner.bytes, inner.offload);
  const std::size_t missing = inner.bytes.size() - (frame.bytes.size() - frame.inside);
  for (Bytes& segment : segments) {
    segment.erase(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(missing));
  }
  return segments;
}

std::unique_ptr<FrameBuffer> buffer_of(const TunnelFrame& frame) {
  auto buffer = std::make_unique<FrameBuffer>();
  test::fill(*buffer, frame.bytes, frame.offload);
  return buffer;
}

TEST(Tunnel, SuperFrameInsideIsCutAndTheHeadersAroundItFollow) {
  for (const TunnelRecipe& recipe : all_tunnels()) {
    for (const SuperFrame& inner : all_inner()) {
      const TunnelFrame frame = test::wrap(inner, recipe);
      SCOPED_TRACE(testing::Message() << "tunnel " << int{static_cast<std::uint8_t>(recipe.kind)}
                                      << (recipe.is_ipv6 ? " over IPv6" : " over IPv4")
                                      << (inner.headers.is_ipv6 ? ", IPv6 inside" : ""));
      const auto buffer = buffer_of(frame);
      ASSERT_TRUE(buffer->check_offload());
      ASSERT_TRUE(buffer->offload().is_tunnelled);
      const std::vector<Bytes> segments = test::cut(frame.bytes, frame.offload);
      const std::vector<Bytes> expected = inner_segments(inner, frame);
      ASSERT_EQ(segments.size(), expected.size());
      for (std::size_t i = 0; i < segments.size(); ++i) {
        ASSERT_EQ(test::inside_of(frame, segments[i]), expected[i]) << "segment " << i;
        ASSERT_EQ(test::fault_around(frame, segments[i], i), "") << "segment " << i;
        ASSERT_LE(segments[i].size(), buffer->wire_size());
      }
    }
  }
}

TEST(Tunnel, IsFoundAgainWhenTagsWerePutOnAndTakenOff) {
  const SuperFrame inner = test::build({});
  const TunnelFrame frame = test::wrap(inner, {});
  const auto buffer = buffer_of(frame);
  ASSERT_TRUE(buffer->check_offload());
  const HeaderLayout before = buffer->headers_of_segments().value();
  buffer->push_tag({.vid = 10});
  EXPECT_EQ(buffer->headers_of_segments()->payload, before.payload + VlanTag::size);
  buffer->pop_tag();
  EXPECT_EQ(buffer->headers_of_segments(), before);
}

TEST(Tunnel, OnlyAPortThatTakesTunnelsIsGivenOneWhole) {
  const TunnelFrame frame = test::wrap(test::build({}), {});
  const auto buffer = buffer_of(frame);
  ASSERT_TRUE(buffer->check_offload());
  EXPECT_FALSE(all_offloads.accepts(buffer->offload()));
  OffloadSet with_tunnels = all_offloads;
  with_tunnels.tunnels = true;
  EXPECT_TRUE(with_tunnels.accepts(buffer->offload()));
}

// An offload that lies about where the checksum starts is refused, and every header may be cut off.
TEST(Tunnel, LiesAreRefused) {
  for (const TunnelRecipe& recipe : all_tunnels()) {
    const TunnelFrame frame = test::wrap(test::build({.payload = test::noise(1'500)}), recipe);
    for (std::size_t start = 0; start < frame.bytes.size(); ++start) {
      TunnelFrame lie = frame;
      lie.offload.checksum_start = static_cast<std::uint16_t>(start);
      EXPECT_EQ(buffer_of(lie)->check_offload(), start == frame.offload.checksum_start) << start;
    }
    for (std::size_t size = FrameView::header_size; size < frame.offload.header_size; ++size) {
      TunnelFrame lie = frame;
      lie.bytes.resize(size);
      EXPECT_FALSE(buffer_of(lie)->check_offload()) << size;
    }
    TunnelFrame other = frame;
    other.offload.gso = GsoKind::tcp_ipv6;
    EXPECT_FALSE(buffer_of(other)->check_offload());
    other.offload = frame.offload;
    other.offload.segment_size = 0;
    EXPECT_FALSE(buffer_of(other)->check_offload());
  }
}

TEST(Tunnel, NumbersInGreAreNotCut) {
  TunnelFrame frame = test::wrap(test::build({}), {.kind = TunnelKind::gre_tap});
  frame.bytes[frame.transport] |= std::byte{0x10};
  EXPECT_FALSE(buffer_of(frame)->check_offload());
}

}  // namespace tunnel_test
}  // namespace tapswitch
