// SPDX-License-Identifier: Apache-2.0
// Round trips of text and of tags.
#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "switch/forwarding/vlan_set.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {
namespace frame_property_test {

TEST(FrameProperty, MacAddressSurvivesItsText) {
  EXPECT_TRUE(rc::check([] {
    const MacAddress address(*rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(MacAddress::parse(address.to_string()) == address);
    std::byte octets[MacAddress::size];
    address.write(octets);
    RC_ASSERT(MacAddress::read(octets) == address);
  }));
}

TEST(FrameProperty, VlanSetSurvivesItsText) {
  EXPECT_TRUE(rc::check([] {
    const auto vids = *rc::gen::container<std::vector<VlanId>>(
        rc::gen::inRange<VlanId>(first_vlan, last_vlan + 1));
    VlanSet set;
    for (const VlanId vid : vids) {
      set.insert(vid);
    }
    RC_ASSERT(VlanSet::parse(set.to_string()) == set);
    for (const VlanId vid : vids) {
      RC_ASSERT(set.contains(vid));
    }
  }));
}

TEST(FrameProperty, AnyTextIsParsedOrRefused) {
  EXPECT_TRUE(rc::check([] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123459,-: af")));
    if (const auto set = VlanSet::parse(text)) {
      RC_ASSERT(VlanSet::parse(set->to_string()) == set);
    }
    if (const auto address = MacAddress::parse(text)) {
      RC_ASSERT(MacAddress::parse(address->to_string()) == address);
    }
  }));
}

TEST(FrameProperty, PopUndoesPush) {
  const auto frame = std::make_unique<FrameBuffer>();
  EXPECT_TRUE(rc::check([&] {
    const auto size = *rc::gen::inRange<std::size_t>(FrameView::header_size, 2'000);
    const auto octets =
        *rc::gen::container<std::vector<std::uint8_t>>(size, rc::gen::arbitrary<std::uint8_t>());
    std::transform(octets.begin(), octets.end(), frame->space().begin(),
                   [](std::uint8_t octet) { return std::byte{octet}; });
    frame->assign(size);
    const auto tag = VlanTag::from_wire(TagType::customer, *rc::gen::arbitrary<std::uint16_t>());
    frame->push_tag(tag);
    RC_ASSERT(frame->size() == size + VlanTag::size);
    const auto view = FrameView::parse(frame->head());
    RC_ASSERT(view.has_value());
    RC_ASSERT(view->tag() == tag);
    frame->pop_tag();
    RC_ASSERT(
        std::equal(octets.begin(), octets.end(), frame->head().begin(), frame->head().end(),
                   [](std::uint8_t left, std::byte right) { return std::byte{left} == right; }));
  }));
}

}  // namespace frame_property_test
}  // namespace tapswitch
