// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/vhost_message.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace vhost_message_test {

using State = VhostMessageReader::State;
using Words = std::vector<std::uint32_t>;

// Feeds the reader as a socket does that has 'bytes', 'piece' of them at a time; how that ends.
State feed(VhostMessageReader& reader, const Words& words, std::size_t descriptors,
           std::size_t piece = 1'000) {
  auto rest = std::as_bytes(std::span(words));
  auto state = State::incomplete;
  while (state == State::incomplete && !rest.empty()) {
    const auto space = reader.space();
    const auto part = rest.first(std::min({piece, space.size(), rest.size()}));
    std::memcpy(space.data(), part.data(), part.size());
    rest = rest.subspan(part.size());
    state = reader.commit(part.size(), std::exchange(descriptors, 0));
  }
  EXPECT_TRUE(rest.empty() || state == State::invalid) << "it asks for no byte of the next message";
  return state;
}

Words request(VhostRequest which, const Words& payload, std::uint32_t flags = 1) {
  Words words{static_cast<std::uint32_t>(which), flags,
              static_cast<std::uint32_t>(payload.size() * 4)};
  words.insert(words.end(), payload.begin(), payload.end());
  return words;
}

Words regions(std::uint32_t count, std::uint32_t said) {
  Words payload{said, 0};
  for (std::uint32_t i = 0; i < count; ++i) {
    payload.insert(payload.end(), {i * 0x1000, 0, 0x1000, 0, i * 0x1000, 7, i, 0});
  }
  return payload;
}

TEST(VhostMessage, SaysWhatCameByteByByteAsAtOnce) {
  for (const std::size_t piece : {1U, 5U, 1'000U}) {
    VhostMessageReader reader;
    ASSERT_EQ(feed(reader, request(VhostRequest::set_ring_base, {1, 77}, 1 | 8), 0, piece),
              State::complete);
    EXPECT_EQ(reader.message().request, VhostRequest::set_ring_base);
    EXPECT_TRUE(reader.message().wants_reply);
    EXPECT_EQ(reader.message().ring, 1U);
    EXPECT_EQ(reader.message().number, 77U);
    reader.reset();
    ASSERT_EQ(feed(reader, request(VhostRequest::set_features, {1, 2}), 0, piece), State::complete);
    EXPECT_EQ(reader.message().number, 0x2'0000'0001U);
    EXPECT_FALSE(reader.message().wants_reply);
  }
}

TEST(VhostMessage, HasTheRegionsOfMemory) {
  VhostMessageReader reader;
  ASSERT_EQ(feed(reader, request(VhostRequest::set_memory, regions(2, 2)), 2), State::complete);
  ASSERT_EQ(reader.message().region_count, 2U);
  EXPECT_EQ(
      reader.message().regions()[1],
      (VhostMessage::Region{.guest = 0x1000, .size = 0x1000, .user = 0x7'0000'1000, .offset = 1}));
}

TEST(VhostMessage, HasTheAddressesOfARing) {
  VhostMessageReader reader;
  const Words payload{1, 0, 16, 1, 32, 2, 48, 3, 0, 0};
  ASSERT_EQ(feed(reader, request(VhostRequest::set_ring_addresses, payload), 0), State::complete);
  EXPECT_EQ(reader.message().ring, 1U);
  EXPECT_EQ(reader.message().addresses,
            (VhostMessage::Addresses{
                .descriptors = 0x1'0000'0010, .used = 0x2'0000'0020, .available = 0x3'0000'0030}));
}

struct MessageCase {
  const char* name;
  Words words;
  std::size_t descriptors;
  State state;
};

const MessageCase message_cases[] = {
    {"KickWithADescriptor", request(VhostRequest::set_ring_kick, {1, 0}), 1, State::complete},
    {"KickWithoutOneThatSaysSo", request(VhostRequest::set_ring_kick, {0x101, 0}), 0,
     State::complete},
    {"KickWithoutOne", request(VhostRequest::set_ring_kick, {1, 0}), 0, State::invalid},
    {"KickWithOneThatSaysThereIsNone", request(VhostRequest::set_ring_kick, {0x101, 0}), 1,
     State::invalid},
    {"CallWithTwo", request(VhostRequest::set_ring_call, {1, 0}), 2, State::invalid},
    {"QuestionWithADescriptor", request(VhostRequest::get_features, {}), 1, State::invalid},
    {"MemoryWithoutDescriptors", request(VhostRequest::set_memory, regions(1, 1)), 0,
     State::invalid},
    {"MemoryWithOneTooMany", request(VhostRequest::set_memory, regions(1, 1)), 2, State::invalid},
    {"MemoryOfNoRegion", request(VhostRequest::set_memory, regions(0, 0)), 0, State::complete},
    {"MemoryOfAllRegions", request(VhostRequest::set_memory, regions(8, 8)), 8, State::complete},
    {"MemoryWithRoomToSpare", request(VhostRequest::set_memory, regions(8, 1)), 1, State::complete},
    {"MemoryOfMoreThanItHas", request(VhostRequest::set_memory, regions(1, 2)), 2, State::invalid},
    {"MemoryOfMoreThanThereMayBe", request(VhostRequest::set_memory, regions(9, 9)), 8,
     State::invalid},
    {"MemoryOfFourBillion", request(VhostRequest::set_memory, regions(1, 0xffff'ffff)), 1,
     State::invalid},
    {"NineDescriptors", request(VhostRequest::set_memory, regions(8, 8)), 9, State::invalid},
    {"UnknownRequest", request(VhostRequest{200}, {}), 0, State::invalid},
    {"RequestThatIsNotOffered", request(VhostRequest{6}, {0, 0}), 0, State::invalid},
    {"NumberZero", request(VhostRequest{0}, {}), 0, State::invalid},
    {"Reply", request(VhostRequest::get_features, {}, 1 | 4), 0, State::invalid},
    {"Version0", request(VhostRequest::get_features, {}, 0), 0, State::invalid},
    {"Version2", request(VhostRequest::get_features, {}, 2), 0, State::invalid},
    {"QuestionWithAPayload", request(VhostRequest::get_features, {1, 2}), 0, State::invalid},
    {"NumberOfFourBytes", request(VhostRequest::set_features, {1}), 0, State::invalid},
    {"RingOfTwelve", request(VhostRequest::set_ring_size, {1, 2, 3}), 0, State::invalid},
    {"AddressesTooShort", request(VhostRequest::set_ring_addresses, {1, 2, 3, 4}), 0,
     State::invalid},
    {"LengthOfFourBillion", {2, 1, 0xffff'ffff}, 0, State::invalid},
    {"NotAllOfIt", {2, 1, 8, 7}, 0, State::incomplete},
};

TEST(VhostMessage, IsTakenOnlyIfItIsOne) {
  for (const MessageCase& each : message_cases) {
    VhostMessageReader reader;
    EXPECT_EQ(feed(reader, each.words, each.descriptors), each.state) << each.name;
    EXPECT_EQ(reader.fault().empty(), each.state != State::invalid) << each.name;
  }
}

TEST(VhostMessage, IsAnsweredInItsOwnForm) {
  const VhostReply reply = vhost_ring_reply(VhostRequest::get_ring_base, 1, 300);
  const std::uint32_t expected[] = {11, 1 | 4, 8, 1, 300};
  EXPECT_EQ(std::memcmp(reply.data(), expected, sizeof expected), 0);
  const VhostReply number = vhost_reply(VhostRequest::get_features, 0x1'0000'0002);
  const std::uint32_t expected_number[] = {1, 1 | 4, 8, 2, 1};
  EXPECT_EQ(std::memcmp(number.data(), expected_number, sizeof expected_number), 0);
}

}  // namespace vhost_message_test
}  // namespace tapswitch
