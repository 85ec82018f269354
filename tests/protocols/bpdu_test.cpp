// SPDX-License-Identifier: Apache-2.0
#include "control/protocols/bpdu.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tapswitch::test {
namespace {

using protocols::Bpdu;
using protocols::BridgeId;
using protocols::read_bpdu;
using protocols::write_bpdu;

constexpr MacAddress source(0x0200'0000'0001);

Bpdu example() {
  return {.kind = Bpdu::Kind::rapid,
          .role = Bpdu::Role::designated,
          .topology_change = true,
          .acknowledgment = false,
          .proposal = true,
          .agreement = true,
          .learning = true,
          .forwarding = true,
          .vector = {.root = BridgeId::of(4'096, MacAddress(0x0200'0000'00aa)),
                     .cost = 20'000,
                     .bridge = BridgeId::of(32'768, source),
                     .port = 0x8001},
          .times = {.message_age = 256, .max_age = 5'120, .hello = 512, .forward_delay = 3'840}};
}

// A kernel's bridge (Linux 6.1, stp_state 1) sends such.
TEST(Bpdu, KernelsConfigurationIsRead) {
  const unsigned char captured[] = {
      0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00,
      0x26, 0x42, 0x42, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x02, 0x00,
      0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x02, 0x80, 0x00, 0x02, 0x00, 0x00,
      0x00, 0x00, 0x0a, 0x80, 0x01, 0x00, 0x01, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00};
  const auto bpdu = read_bpdu(std::as_bytes(std::span(captured)));
  ASSERT_TRUE(bpdu);
  EXPECT_EQ(bpdu->kind, Bpdu::Kind::configuration);
  EXPECT_TRUE(bpdu->is_designated());
  EXPECT_EQ(bpdu->vector.root, BridgeId::of(32'768, MacAddress(0x0200'0000'0009)));
  EXPECT_EQ(bpdu->vector.bridge, BridgeId::of(32'768, MacAddress(0x0200'0000'000a)));
  EXPECT_EQ(bpdu->vector.cost, 2U);
  EXPECT_EQ(bpdu->vector.port, 0x8001);
  EXPECT_EQ(bpdu->times.message_age, 1);
  EXPECT_EQ(bpdu->times.max_age, 20 * 256);
}

TEST(Bpdu, RapidOneIsReadAsItWasWritten) {
  EXPECT_EQ(read_bpdu(write_bpdu(example(), source)), example());
}

TEST(Bpdu, NotificationHasNothingButItsKind) {
  const auto frame = write_bpdu({.kind = Bpdu::Kind::notification}, source);
  EXPECT_EQ(frame.size(), 21U);
  EXPECT_EQ(read_bpdu(frame), Bpdu{.kind = Bpdu::Kind::notification});
}

TEST(Bpdu, PaddingAndFurtherOctetsAreIgnored) {
  auto frame = write_bpdu(example(), source);
  frame.resize(60);
  EXPECT_EQ(read_bpdu(frame), example());
}

TEST(Bpdu, UnknownRoleCountsAsDesignated) {
  Bpdu bpdu = example();
  bpdu.role = Bpdu::Role::unknown;
  EXPECT_TRUE(read_bpdu(write_bpdu(bpdu, source))->is_designated());
}

TEST(Bpdu, RapidOneOfVersionZeroIsNone) {
  auto frame = write_bpdu(example(), source);
  frame[19] = std::byte{0};
  EXPECT_FALSE(read_bpdu(frame));
}

TEST(Bpdu, TaggedOneIsNone) {
  auto frame = write_bpdu(example(), source);
  const std::byte tag[] = {std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{1}};
  frame.insert(frame.begin() + 12, std::begin(tag), std::end(tag));
  EXPECT_FALSE(read_bpdu(frame));
}

TEST(Bpdu, EachThatIsCutShortIsNone) {
  for (const auto kind : {Bpdu::Kind::rapid, Bpdu::Kind::configuration, Bpdu::Kind::notification}) {
    Bpdu bpdu = example();
    bpdu.kind = kind;
    const auto frame = write_bpdu(bpdu, source);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(read_bpdu(std::span(frame).first(size))) << size;
    }
  }
}

TEST(Bpdu, EachThatAnnouncesLessThanItNeedsIsNone) {
  auto frame = write_bpdu(example(), source);
  for (unsigned length = 0; length < 39; ++length) {
    frame[13] = static_cast<std::byte>(length);
    EXPECT_FALSE(read_bpdu(frame)) << length;
  }
}

TEST(Bpdu, GarbledOnesAreReadOrRefused) {
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    auto frame = write_bpdu(example(), source);
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      frame[random() % frame.size()] = static_cast<std::byte>(random() & 0xff);
    }
    frame.resize(random() % (frame.size() + 1));
    (void)read_bpdu(frame);
  }
}

}  // namespace
}  // namespace tapswitch::test
