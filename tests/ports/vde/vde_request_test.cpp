// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_request.hpp"

#include <cstring>
#include <string_view>

#include <gtest/gtest.h>

namespace tapswitch {
namespace vde_request_test {

using Bytes = std::vector<std::byte>;
using State = VdeRequest::State;

constexpr std::uint32_t magic = 0xfeedface;

template <typename Value>
void append(Bytes& bytes, const Value& value) {
  const auto part = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), part.begin(), part.end());
}

// Version 3, unless it is 1.
Bytes request(std::uint32_t version, std::uint32_t type, std::string_view path,
              std::string_view text = "test") {
  Bytes bytes;
  append(bytes, magic);
  if (version == 1) {
    append(bytes, type);
    bytes.resize(bytes.size() + 6);
  } else {
    append(bytes, version);
    append(bytes, type);
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  append(bytes, address);
  const auto description = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), description.begin(), description.end());
  return bytes;
}

State read(const Bytes& bytes, VdeRequest& into) { return VdeRequest::read(bytes, into); }

TEST(VdeRequest, BothVersionsAreRead) {
  for (const std::uint32_t version : {1U, 3U}) {
    VdeRequest found;
    ASSERT_EQ(read(request(version, 0, "/tmp/vde.1"), found), State::complete);
    EXPECT_EQ(found.path, "/tmp/vde.1");
    EXPECT_EQ(found.wished_number, 0U);
    EXPECT_EQ(found.description, "test");
  }
}

TEST(VdeRequest, WishedNumberStandsAboveTheKind) {
  VdeRequest found;
  ASSERT_EQ(read(request(3, 5 << 8, "/tmp/vde.1"), found), State::complete);
  EXPECT_EQ(found.wished_number, 5U);
}

TEST(VdeRequest, DescriptionEndsAtItsNulAndIsPrintable) {
  VdeRequest found;
  ASSERT_EQ(read(request(3, 0, "/tmp/vde.1", std::string_view("a\nb\xff\0c", 6)), found),
            State::complete);
  EXPECT_EQ(found.description, "a?b?");
}

TEST(VdeRequest, EachByteThatIsMissingMakesItIncomplete) {
  const Bytes whole = request(3, 0, "/tmp/vde.1", "");
  VdeRequest found;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), found),
              State::incomplete);
  }
  EXPECT_EQ(read(whole, found), State::complete);
}

TEST(VdeRequest, WhatIsNoRequestIsInvalid) {
  VdeRequest found;
  Bytes bad_magic = request(3, 0, "/tmp/vde.1");
  bad_magic[0] = std::byte{0};
  EXPECT_EQ(read(bad_magic, found), State::invalid);
  EXPECT_EQ(read(request(2, 0, "/tmp/vde.1"), found), State::invalid);
  EXPECT_EQ(read(request(4, 0, "/tmp/vde.1"), found), State::invalid);
  // The port that is left alone by switching, and a kind that nobody knows.
  EXPECT_EQ(read(request(3, 1, "/tmp/vde.1"), found), State::invalid);
  EXPECT_EQ(read(request(1, 1, "/tmp/vde.1"), found), State::invalid);
  EXPECT_EQ(read(request(3, 7, "/tmp/vde.1"), found), State::invalid);
  EXPECT_EQ(read(request(3, 0, std::string(108, 'x')), found), State::invalid);
  Bytes bad_family = request(3, 0, "/tmp/vde.1");
  bad_family[12] = std::byte{AF_INET};
  EXPECT_EQ(read(bad_family, found), State::invalid);
}

TEST(VdeRequest, AnswerIsABareAddress) {
  const Bytes answer = VdeRequest::answer(*SocketAddress::of_path("/run/vde/001.FD"));
  sockaddr_un address{};
  ASSERT_EQ(answer.size(), sizeof address);
  std::memcpy(&address, answer.data(), sizeof address);
  EXPECT_EQ(address.sun_family, AF_UNIX);
  EXPECT_STREQ(address.sun_path, "/run/vde/001.FD");
}

}  // namespace vde_request_test
}  // namespace tapswitch
