// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/inner_frame.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/octets.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace inner_frame_test {

using Bytes = std::vector<std::byte>;

class InnerFrameTest : public testing::TestWithParam<bool> {
 protected:
  SuperFrameRecipe recipe(std::size_t size, TransportKind kind = TransportKind::tcp) const {
    return {.is_ipv6 = GetParam(), .kind = kind, .payload = noise(size)};
  }

  // Returns what is found out about a frame of which nothing is said.
  Offload found(const Bytes& bytes, std::uint32_t mtu = 1'450) {
    fill(frame_, bytes);
    find_unfinished(frame_, mtu);
    return frame_.offload();
  }

  FrameBuffer frame_;
};

TEST_P(InnerFrameTest, FinishedFrameIsLeftAsItIs) {
  for (const auto kind : {TransportKind::tcp, TransportKind::udp}) {
    const SuperFrame super = build(recipe(1'000, kind));
    EXPECT_EQ(found(cut(super.bytes, super.offload).front()), Offload());
  }
}

TEST_P(InnerFrameTest, UnfinishedChecksumIsFound) {
  for (const auto kind : {TransportKind::tcp, TransportKind::udp}) {
    const SuperFrame whole = without_segmentation(build(recipe(1'000, kind)));
    const Offload offload = found(whole.bytes);
    EXPECT_TRUE(offload.needs_checksum);
    EXPECT_EQ(offload.gso, GsoKind::none);
    EXPECT_TRUE(frame_.check_offload());
    frame_.finish_checksum();
    EXPECT_EQ(fault_of(frame_.head(), whole.headers), "");
  }
}

TEST_P(InnerFrameTest, FrameThatIsLongerThanTheWayTakesIsToBeCut) {
  const SuperFrame super = build(recipe(20'000));
  const Offload offload = found(super.bytes);
  EXPECT_EQ(offload.gso, super.offload.gso);
  EXPECT_EQ(offload.segment_size, 1'450 - (super.headers.payload - super.headers.network));
  EXPECT_TRUE(frame_.check_offload());
  // Nobody knows what the way takes: it is a frame.
  EXPECT_EQ(found(super.bytes, 0).gso, GsoKind::none);
}

TEST_P(InnerFrameTest, SuperFrameOfUdpIsCutAsItsSenderSays) {
  const SuperFrame super = build(recipe(20'000, TransportKind::udp));
  fill(frame_, super.bytes);
  EXPECT_TRUE(states_size(frame_, super.bytes.size()));
  EXPECT_FALSE(states_size(frame_, super.bytes.size() - 1));
  find_unfinished(frame_, 1'450, super.offload.segment_size);
  EXPECT_EQ(frame_.offload().gso, GsoKind::udp);
  EXPECT_EQ(frame_.offload().segment_size, super.offload.segment_size);
  EXPECT_TRUE(frame_.check_offload());
}

TEST_P(InnerFrameTest, MarksOfCongestionGoInWhereTheyAreHeeded) {
  const SuperFrame super = build(recipe(100));
  const Bytes plain = cut(super.bytes, super.offload).front();
  const std::size_t network = super.headers.network;
  const auto with_class = [&](unsigned value) {
    Bytes marked = plain;
    const unsigned word = load_16(&marked[network]);
    store_16(&marked[network], static_cast<std::uint16_t>(GetParam() ? (word & 0xf00fU) | value << 4
                                                                     : (word & 0xff00U) | value));
    if (!GetParam()) {
      store_16(&marked[network + 10], 0);
      const auto header = std::span(marked).subspan(network, 20);
      store_16(&marked[network + 10], static_cast<std::uint16_t>(~naive_sum(header)));
    }
    return marked;
  };
  const auto after = [&](const Bytes& before, std::uint8_t outer) {
    fill(frame_, before);
    take_in_marks(frame_, outer);
    const auto bytes = frame_.head();
    return Bytes(bytes.begin(), bytes.end());
  };
  EXPECT_EQ(after(with_class(0xb9), 0x03), with_class(0xbb));
  EXPECT_EQ(after(with_class(0xba), 0x03), with_class(0xbb));
  EXPECT_EQ(after(with_class(0xb8), 0x03), with_class(0xb8));
  EXPECT_EQ(after(with_class(0xb9), 0x02), with_class(0xb9));
  EXPECT_EQ(fault_of(after(with_class(0xb9), 0x03), super.headers), "");
  fill(frame_, with_class(0xb9));
  EXPECT_EQ(service_class(frame_), 0xb8);
}

TEST_P(InnerFrameTest, OtherFramesAreLeftAsTheyAre) {
  for (const std::size_t size : {0U, 1U, 46U, 1'500U}) {
    const Bytes bytes = FrameBuilder().payload(size).build();
    EXPECT_EQ(found(bytes), Offload());
    take_in_marks(frame_, 0x03);
    EXPECT_EQ(service_class(frame_), 0);
    EXPECT_TRUE(std::ranges::equal(frame_.head(), bytes));
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachVersionOfIp, InnerFrameTest, testing::Bool(),
                         [](const auto& value) { return value.param ? "Ipv6" : "Ipv4"; });

}  // namespace inner_frame_test
}  // namespace tapswitch::test
