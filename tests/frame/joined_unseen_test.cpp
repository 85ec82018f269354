// SPDX-License-Identifier: Apache-2.0
// That Linux joins so, and that what comes out of it is right on real devices, is shown by
// tests/integration/test_crossing.py and test_wire.py.
#include "switch/frame/joined_unseen.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wire_bytes.hpp"

namespace tapswitch {
namespace joined_unseen_test {

using test::Bytes;
using test::SuperFrame;
using test::SuperFrameRecipe;

// The type of a routing header, and where in it the address at the end of the way stands.
struct Routing {
  std::uint8_t type = 0;
  std::size_t end = 0;
};

constexpr std::size_t routing_size = 40;  // two addresses
const Routing routings[] = {{.type = 0, .end = 24}, {.type = 2, .end = 24}, {.type = 4, .end = 8}};

std::vector<SuperFrameRecipe> recipes() {
  std::vector<SuperFrameRecipe> all;
  for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
    all.push_back({.kind = kind, .payload = test::noise(5'000)});
    all.push_back({.is_ipv6 = true, .kind = kind, .payload = test::noise(5'000)});
    all.push_back({.is_ipv6 = true,
                   .kind = kind,
                   .tags = {{.vid = 7}},
                   .extensions = {{0, 8}, {60, 24}},
                   .tcp_option_size = 12,
                   .payload = test::noise(2'897)});
  }
  return all;
}

// The same frame with another sum in the field of its checksum: of the pseudo-header with a length
// of 'size' and, where 'destination' is not empty, that address.
SuperFrame with_sum(SuperFrame frame, std::size_t size,
                    std::span<const std::byte> destination = {}) {
  const bool is_ipv6 = frame.headers.is_ipv6;
  const auto addresses = std::span<const std::byte>(frame.bytes)
                             .subspan(frame.headers.network + (is_ipv6 ? 8 : 12), is_ipv6 ? 32 : 8);
  const std::uint32_t sum =
      destination.empty() ? test::naive_sum(addresses)
                          : test::naive_sum(addresses.first(16)) + test::naive_sum(destination);
  const auto rest =
      static_cast<std::uint32_t>(frame.headers.kind) + static_cast<std::uint32_t>(size);
  test::put_word(frame.bytes, frame.headers.transport + frame.offload.checksum_offset,
                 test::fold(sum + rest));
  return frame;
}

std::size_t size_of_whole(const SuperFrame& frame) {
  return frame.bytes.size() - frame.headers.transport;
}
std::size_t size_of_first(const SuperFrame& frame) {
  return frame.headers.payload - frame.headers.transport + frame.offload.segment_size;
}

Bytes checked(const SuperFrame& frame) {
  const auto buffer = std::make_unique<FrameBuffer>();
  test::fill(*buffer, frame.bytes, frame.offload);
  EXPECT_TRUE(buffer->check_offload());
  Offload expected = frame.offload;
  if (frame.payload().size() <= expected.segment_size) {
    expected.forget_segments();
  }
  EXPECT_EQ(buffer->offload(), expected);
  return {buffer->head().begin(), buffer->head().end()};
}

TEST(JoinedUnseen, SumOfTheFirstSegmentBecomesThatOfTheWhole) {
  for (const SuperFrameRecipe& recipe : recipes()) {
    const SuperFrame sent = test::build(recipe);
    const SuperFrame joined = with_sum(sent, size_of_first(sent));
    ASSERT_NE(joined.bytes, sent.bytes);
    EXPECT_EQ(checked(joined), sent.bytes);
  }
}

TEST(JoinedUnseen, SegmentsThatAreCutAgainAreRight) {
  for (const SuperFrameRecipe& recipe : recipes()) {
    const SuperFrame sent = test::build(recipe);
    const SuperFrame joined = with_sum(sent, size_of_first(sent));
    const std::vector<Bytes> segments = test::cut(joined.bytes, joined.offload);
    EXPECT_EQ(segments, test::cut(sent.bytes, sent.offload));
    for (const Bytes& segment : segments) {
      EXPECT_EQ(test::fault_of(segment, sent.headers), "");
    }
  }
}

TEST(JoinedUnseen, SumOfTheWholeStays) {
  for (SuperFrameRecipe recipe : recipes()) {
    for (const std::size_t size : {0U, 1U, 1'447U, 1'448U, 1'449U, 2'896U, 60'000U}) {
      recipe.payload = test::noise(size);
      const SuperFrame sent = test::build(recipe);
      EXPECT_EQ(checked(sent), sent.bytes) << size;
    }
  }
}

// A frame on its way, with a routing header of that type.
SuperFrame on_its_way(const Routing& routing) {
  SuperFrame frame = test::build(
      {.is_ipv6 = true, .extensions = {{0, 8}, {43, routing_size}}, .payload = test::noise(5'000)});
  const std::size_t header = frame.headers.transport - routing_size;
  frame.bytes[header + 2] = std::byte{routing.type};
  frame.bytes[header + 3] = std::byte{1};
  std::ranges::copy(test::noise(32), frame.bytes.begin() + static_cast<std::ptrdiff_t>(header + 8));
  const Bytes destination(
      frame.bytes.begin() + static_cast<std::ptrdiff_t>(header + routing.end),
      frame.bytes.begin() + static_cast<std::ptrdiff_t>(header + routing.end + 16));
  return with_sum(frame, size_of_whole(frame), destination);
}

TEST(JoinedUnseen, SumHasTheAddressAtTheEndOfTheWay) {
  for (const Routing& routing : routings) {
    const SuperFrame sent = on_its_way(routing);
    EXPECT_EQ(checked(sent), sent.bytes);
    SuperFrame joined = sent;
    const std::size_t field = sent.headers.transport + sent.offload.checksum_offset;
    const auto difference =
        static_cast<std::uint16_t>(~(size_of_whole(sent) - size_of_first(sent)));
    test::put_word(joined.bytes, field,
                   test::fold(std::uint32_t{test::word_at(sent.bytes, field)} + difference));
    ASSERT_NE(joined.bytes, sent.bytes);
    EXPECT_EQ(checked(joined), sent.bytes) << int{routing.type};
  }
}

TEST(JoinedUnseen, BehindARoutingHeaderOfAnotherTypeNothingIsChanged) {
  SuperFrame sent = on_its_way({.type = 0, .end = 24});
  sent.bytes[sent.headers.transport - routing_size + 2] = std::byte{3};
  EXPECT_EQ(checked(sent), sent.bytes);
}

TEST(JoinedUnseen, RoutingHeaderWithoutAddressesIsPassed) {
  const SuperFrame sent =
      test::build({.is_ipv6 = true, .extensions = {{43, 8}}, .payload = test::noise(5'000)});
  EXPECT_EQ(checked(with_sum(sent, size_of_first(sent))), sent.bytes);
}

}  // namespace joined_unseen_test
}  // namespace tapswitch
