// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/tunnel.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/long_header.hpp"
#include "switch/frame/segmentation.hpp"
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

bool is_in_udp(TunnelKind kind) {
  return kind == TunnelKind::vxlan || kind == TunnelKind::geneve || kind == TunnelKind::gue ||
         kind == TunnelKind::fou;
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
      ASSERT_TRUE(buffer->offload().is_tunnelled());
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

TEST(Tunnel, OnlyAPortThatTakesSuchTunnelsIsGivenOneWhole) {
  OffloadSet with_tunnels = all_offloads;
  with_tunnels.tunnels = true;
  for (const TunnelKind kind : test::tunnel_kinds) {
    const auto buffer = buffer_of(test::wrap(test::build({}), {.kind = kind}));
    ASSERT_TRUE(buffer->check_offload());
    EXPECT_FALSE(all_offloads.accepts(buffer->offload()));
    EXPECT_EQ(all_tap_offloads.accepts(buffer->offload()), is_in_udp(kind));
    EXPECT_TRUE(with_tunnels.accepts(buffer->offload()));
  }
}

// All segments of the super-frames of UDP that the segments of 'frame' are left together in.
std::vector<Bytes> segments_left_together(const FrameBuffer& frame) {
  const auto datagrams = std::make_unique<FrameBuffer>();
  std::vector<Bytes> segments;
  Segmenter segmenter(frame, frame.headers_of_segments().value());
  std::uint64_t number = frame.number();
  while (segmenter.next_datagrams(*datagrams)) {
    EXPECT_EQ(datagrams->number(), number);
    number += datagrams->wire_count();
    EXPECT_TRUE(datagrams->check_offload());
    EXPECT_LE(datagrams->wire_size(), frame.wire_size());
    if (datagrams->offload().is_plain()) {
      segments.emplace_back(datagrams->head().begin(), datagrams->head().end());
      continue;
    }
    EXPECT_TRUE(all_offloads.accepts(datagrams->offload()));
    for (Bytes& segment : test::cut(datagrams->head(), datagrams->offload())) {
      segments.push_back(std::move(segment));
    }
  }
  EXPECT_EQ(number, frame.number() + segments.size());
  return segments;
}

TEST(Tunnel, SegmentsLeftTogetherAreThoseThatAreCut) {
  std::vector<SuperFrame> frames = all_inner();
  frames.push_back(test::build({.payload = test::noise(65'000)}));
  frames.push_back(test::build({.segment_size = 40, .payload = test::noise(20'000)}));
  frames.push_back(test::build({.segment_size = 9'000, .payload = test::noise(30'000)}));
  for (const TunnelRecipe& recipe : all_tunnels()) {
    for (const SuperFrame& inner : frames) {
      const TunnelFrame frame = test::wrap(inner, recipe);
      const auto buffer = buffer_of(frame);
      buffer->set_number(7);
      ASSERT_TRUE(buffer->check_offload());
      ASSERT_EQ(Segmenter::gives_datagrams(*buffer), is_in_udp(recipe.kind) && recipe.has_checksum);
      if (Segmenter::gives_datagrams(*buffer)) {
        EXPECT_EQ(segments_left_together(*buffer), test::cut(frame.bytes, frame.offload));
      }
    }
  }
}

// A TAP of Linux 6.17 is told so; offsets are of its struct virtio_net_hdr_v1_hash_tunnel.
TEST(Tunnel, LongHeaderTellsOfIt) {
  for (const TunnelRecipe& recipe : all_tunnels()) {
    const TunnelFrame frame = test::wrap(test::build({.tcp_flags = 0x90}), recipe);
    const auto buffer = buffer_of(frame);
    ASSERT_TRUE(buffer->check_offload());
    if (!is_in_udp(recipe.kind)) {
      continue;
    }
    std::array<std::byte, long_header_size> header;
    header.fill(std::byte{0xaa});
    write_long_header(*buffer, header);
    EXPECT_EQ(header[0], std::byte{recipe.has_checksum ? std::uint8_t{9} : std::uint8_t{1}});
    EXPECT_EQ(header[1], std::byte{recipe.is_ipv6 ? std::uint8_t{0xc1} : std::uint8_t{0xa1}});
    EXPECT_TRUE(std::all_of(header.begin() + 10, header.begin() + 20,
                            [](std::byte octet) { return octet == std::byte{0}; }));
    const auto word = [&](std::size_t at) {
      return std::to_integer<std::size_t>(header[at]) +
             std::to_integer<std::size_t>(header[at + 1]) * 256;
    };
    EXPECT_EQ(word(20), frame.transport);
    EXPECT_EQ(word(22), buffer->headers_of_segments()->network);
    EXPECT_EQ(read_long_header(header), frame.offload);
  }
}

TEST(Tunnel, LongHeaderOfAnyOtherFrameIsTheShortOneAndZeros) {
  const SuperFrame frame = test::build({});
  const auto buffer = std::make_unique<FrameBuffer>();
  test::fill(*buffer, frame.bytes, frame.offload);
  std::array<std::byte, long_header_size> header;
  header.fill(std::byte{0xaa});
  write_long_header(*buffer, header);
  std::array<std::byte, long_header_size> expected{};
  write_offload(frame.offload, std::span(expected).first<offload_header_size>());
  EXPECT_EQ(header, expected);
  EXPECT_EQ(read_long_header(header), frame.offload);
  header[0] = std::byte{0x10};  // a flag that nobody knows
  EXPECT_EQ(read_long_header(header), std::nullopt);
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
