// SPDX-License-Identifier: Apache-2.0
// Checks what holds for any super-frame and for any bytes that pretend to be one.
#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "switch/frame/checksum.hpp"
#include "switch/frame/segmentation.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace segmentation_property_test {

using test::cut;
using test::find_headers;
using test::is_consistent;
using test::SuperFrame;
using test::SuperFrameRecipe;
using test::wire_size;
using Bytes = std::vector<std::byte>;

Bytes any_bytes(std::size_t size) {
  return test::noise(size, *rc::gen::inRange<std::uint32_t>(1, 1'000'000));
}

std::size_t up_to(std::size_t most) { return *rc::gen::inRange<std::size_t>(0, most + 1); }

SuperFrame any_super_frame() {
  SuperFrameRecipe recipe;
  recipe.is_ipv6 = *rc::gen::arbitrary<bool>();
  recipe.kind = *rc::gen::element(TransportKind::tcp, TransportKind::udp);
  recipe.tags.resize(up_to(3), {.vid = 10});
  recipe.ipv4_option_size = 4 * up_to(10);
  recipe.extensions.resize(up_to(2), {.number = 60, .size = 8 * (1 + up_to(5))});
  recipe.tcp_option_size = 4 * up_to(10);
  recipe.tcp_flags = *rc::gen::arbitrary<std::uint8_t>();
  recipe.identification = *rc::gen::arbitrary<std::uint16_t>();
  recipe.sequence = *rc::gen::arbitrary<std::uint32_t>();
  recipe.segment_size = static_cast<std::uint16_t>(1 + up_to(2'000));
  recipe.payload =
      any_bytes(up_to(std::min<std::size_t>(60'000, recipe.segment_size * max_udp_segment_count)));
  return test::build(recipe);
}

TEST(SegmentationProperty, SegmentsAreRightAndCarryThePayloadInOrder) {
  EXPECT_TRUE(rc::check([] {
    const SuperFrame frame = any_super_frame();
    RC_ASSERT(is_consistent(frame.bytes, frame.offload));
    Bytes payload;
    for (const Bytes& segment : cut(frame.bytes, frame.offload)) {
      RC_ASSERT(test::fault_of(segment, frame.headers) == "");
      RC_ASSERT(segment.size() <= wire_size(frame.bytes, frame.offload));
      payload.insert(payload.end(),
                     segment.begin() + static_cast<std::ptrdiff_t>(frame.headers.payload),
                     segment.end());
    }
    RC_ASSERT(std::ranges::equal(payload, frame.payload()));
  }));
}

TEST(SegmentationProperty, TagMayBePushedBeforeTheCutOrAfter) {
  const auto buffer = std::make_unique<FrameBuffer>();
  EXPECT_TRUE(rc::check([&] {
    const SuperFrame frame = any_super_frame();
    const auto tag = VlanTag::from_wire(TagType::service, *rc::gen::arbitrary<std::uint16_t>());
    test::fill(*buffer, frame.bytes);
    buffer->push_tag(tag);
    Offload offload = frame.offload;
    offload.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + VlanTag::size);
    RC_ASSERT(is_consistent(buffer->head(), offload));
    const std::vector<Bytes> tagged_before = cut(buffer->head(), offload);

    std::vector<Bytes> tagged_after;
    for (const Bytes& segment : cut(frame.bytes, frame.offload)) {
      test::fill(*buffer, segment);
      buffer->push_tag(tag);
      tagged_after.emplace_back(buffer->head().begin(), buffer->head().end());
    }
    RC_ASSERT(tagged_before == tagged_after);
  }));
}

TEST(SegmentationProperty, FinishedChecksumIsRight) {
  EXPECT_TRUE(rc::check([] {
    SuperFrame frame = test::without_segmentation(any_super_frame());
    finish_checksum(frame.bytes, frame.offload);
    RC_ASSERT(test::fault_of(frame.bytes, frame.headers) == "");
  }));
}

TEST(SegmentationProperty, SumIsTheNaiveOneHoweverItIsTaken) {
  EXPECT_TRUE(rc::check([] {
    const Bytes bytes = any_bytes(up_to(3'000));
    const std::size_t middle = up_to(bytes.size()) / 2 * 2;
    ChecksumSum sum;
    sum.add(std::span(bytes).first(middle));
    sum.add(std::span(bytes).subspan(middle));
    RC_ASSERT(sum.folded() == test::naive_sum(bytes));
  }));
}

// Crooked but taken for consistent: whatever its addresses and options mean, it can be cut.
TEST(SegmentationProperty, WhatIsConsistentCanBeCut) {
  EXPECT_TRUE(rc::check([] {
    SuperFrame frame = any_super_frame();
    for (std::size_t i = up_to(4); i > 0; --i) {
      const std::size_t at = up_to(frame.headers.payload - 1);
      frame.bytes[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    }
    if (is_consistent(frame.bytes, frame.offload)) {
      const auto headers = find_headers(frame.bytes);
      RC_ASSERT(headers.has_value());
      std::size_t payload_size = 0;
      for (const Bytes& segment : cut(frame.bytes, frame.offload)) {
        payload_size += segment.size() - headers->payload;
      }
      RC_ASSERT(payload_size == frame.bytes.size() - headers->payload);
    }
  }));
}

}  // namespace segmentation_property_test
}  // namespace tapswitch
