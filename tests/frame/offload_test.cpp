// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/offload.hpp"

#include <array>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/layout.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace offload_test {

using test::find_headers;
using test::is_consistent;
using test::SuperFrame;
using test::SuperFrameRecipe;
using test::wire_size;
using Header = std::array<std::uint8_t, offload_header_size>;

std::optional<Offload> read(const Header& header) {
  return read_offload(std::as_bytes(std::span(header)));
}

Header written(const Offload& offload) {
  Header header{};
  write_offload(offload, std::as_writable_bytes(std::span(header)));
  return header;
}

struct WireCase {
  const char* name;
  Header wire;
  Offload offload;
};

const WireCase wire_cases[] = {
    {"Nothing", {}, {}},
    {"DataValid", {2}, {.is_verified = true}},
    {"ChecksumOnly",
     {1, 0, 0, 0, 0, 0, 34, 0, 16, 0},
     {.needs_checksum = true, .checksum_start = 34, .checksum_offset = 16}},
    {"TcpOverIpv4",
     {1, 1, 66, 0, 0xa8, 0x05, 34, 0, 16, 0},
     {.needs_checksum = true,
      .gso = GsoKind::tcp_ipv4,
      .header_size = 66,
      .segment_size = 1'448,
      .checksum_start = 34,
      .checksum_offset = 16}},
    {"TcpWithEcn",
     {1, 0x81, 0, 0, 1, 0, 34, 0, 16, 0},
     {.needs_checksum = true,
      .gso = GsoKind::tcp_ipv4,
      .has_ecn = true,
      .segment_size = 1,
      .checksum_start = 34,
      .checksum_offset = 16}},
    {"TcpOverIpv6WithEcn",
     {1, 0x84, 0, 0, 1, 0, 54, 0, 16, 0},
     {.needs_checksum = true,
      .gso = GsoKind::tcp_ipv6,
      .has_ecn = true,
      .segment_size = 1,
      .checksum_start = 54,
      .checksum_offset = 16}},
    {"Udp",
     {1, 5, 0, 0, 0xff, 0xfe, 0, 1, 6, 0},
     {.needs_checksum = true,
      .gso = GsoKind::udp,
      .segment_size = 0xfeff,
      .checksum_start = 256,
      .checksum_offset = 6}},
};

TEST(Offload, StandsOnTheWireAsVirtioHasIt) {
  for (const WireCase& row : wire_cases) {
    EXPECT_EQ(read(row.wire), row.offload) << row.name;
    EXPECT_EQ(written(row.offload), row.wire) << row.name;
  }
}

TEST(Offload, UnknownKindOrFlagIsRefused) {
  const std::pair<const char*, Header> refused[] = {
      {"unknown flag", {4}},     {"all flags", {0xff}}, {"kind 2", {1, 2}},
      {"kind 3, UFO", {1, 3}},   {"kind 6", {1, 6}},    {"ECN of no kind", {1, 0x80}},
      {"ECN of UDP", {1, 0x85}}, {"tunnel", {1, 0x21}}, {"all kinds", {1, 0xff}},
  };
  for (const auto& [name, header] : refused) {
    EXPECT_EQ(read(header), std::nullopt) << name;
  }
}

TEST(Offload, EveryHeaderThatIsReadIsWrittenAlike) {
  for (unsigned flags = 0; flags < 256; ++flags) {
    for (unsigned kind = 0; kind < 256; ++kind) {
      const Header header = {static_cast<std::uint8_t>(flags), static_cast<std::uint8_t>(kind)};
      if (const auto offload = read(header)) {
        EXPECT_EQ(written(*offload), header);
      }
    }
  }
}

TEST(Offload, IsPlainWhereNothingIsLeftToDo) {
  EXPECT_TRUE(Offload{}.is_plain());
  EXPECT_TRUE(Offload{.is_verified = true}.is_plain());
  EXPECT_FALSE(Offload{.needs_checksum = true}.is_plain());
  EXPECT_FALSE(Offload{.gso = GsoKind::udp}.is_plain());
}

TEST(OffloadSet, AcceptsWhatIsInIt) {
  const Offload checksum{.needs_checksum = true};
  const Offload tcp4{.needs_checksum = true, .gso = GsoKind::tcp_ipv4};
  const Offload tcp4_ecn{.needs_checksum = true, .gso = GsoKind::tcp_ipv4, .has_ecn = true};
  const Offload tcp6{.needs_checksum = true, .gso = GsoKind::tcp_ipv6};
  const Offload udp{.needs_checksum = true, .gso = GsoKind::udp};
  struct Case {
    const char* name;
    OffloadSet set;
    std::vector<bool> accepted;  // a plain one, and those above
  };
  const Case cases[] = {
      {"None", {}, {true, false, false, false, false, false}},
      {"Checksum", {.checksum = true}, {true, true, false, false, false, false}},
      {"Tso4", {.checksum = true, .tso4 = true}, {true, true, true, false, false, false}},
      {"Tso4WithoutChecksum", {.tso4 = true}, {true, false, false, false, false, false}},
      {"Tso6", {.checksum = true, .tso6 = true}, {true, true, false, false, true, false}},
      {"Uso", {.checksum = true, .uso = true}, {true, true, false, false, false, true}},
      {"EcnAlone", {.checksum = true, .tso_ecn = true}, {true, true, false, false, false, false}},
      {"All", {true, true, true, true, true}, {true, true, true, true, true, true}},
  };
  for (const Case& row : cases) {
    std::vector<bool> accepted;
    for (const Offload& offload : {Offload{}, checksum, tcp4, tcp4_ecn, tcp6, udp}) {
      accepted.push_back(row.set.accepts(offload));
    }
    EXPECT_EQ(accepted, row.accepted) << row.name;
  }
}

struct TruthCase {
  const char* name;
  SuperFrameRecipe recipe;
};

const TruthCase truths[] = {
    {"TcpOverIpv4", {}},
    {"TcpOverIpv6", {.is_ipv6 = true}},
    {"UdpOverIpv4", {.kind = TransportKind::udp}},
    {"UdpOverIpv6", {.is_ipv6 = true, .kind = TransportKind::udp}},
    {"Tagged", {.tags = {{.vid = 10}}}},
    {"DoublyTagged", {.tags = {{.type = TagType::service, .vid = 10}, {.vid = 20}}}},
    {"ManyTags", {.tags = std::vector<VlanTag>(20)}},
    {"Ipv4Options", {.ipv4_option_size = 40}},
    {"TcpOptions", {.tcp_option_size = 40}},
    {"Ipv6Extensions", {.is_ipv6 = true, .extensions = {{0, 8}, {60, 16}, {43, 24}}}},
    {"OneByte", {.payload = std::vector<std::byte>(1)}},
    {"NoPayload", {.payload = {}}},
    {"MostSegments", {.segment_size = 1, .payload = std::vector<std::byte>(max_tcp_segment_count)}},
    {"MostDatagrams",
     {.kind = TransportKind::udp,
      .segment_size = 1,
      .payload = std::vector<std::byte>(max_udp_segment_count)}},
    {"LargestThatIpv4Holds", {.payload = std::vector<std::byte>(0xffff - 40)}},
    {"LargestThatIpv6Holds", {.is_ipv6 = true, .payload = std::vector<std::byte>(0xffff - 20)}},
};

TEST(IsConsistent, SaysYesToTheTruth) {
  for (const TruthCase& row : truths) {
    const SuperFrame frame = test::build(row.recipe);
    EXPECT_TRUE(is_consistent(frame.bytes, frame.offload)) << row.name;
    const SuperFrame uncut = test::without_segmentation(frame);
    EXPECT_TRUE(is_consistent(uncut.bytes, uncut.offload)) << row.name;
  }
}

TEST(IsConsistent, SaysNoToAnyHeaderCutShort) {
  for (const TruthCase& row : truths) {
    const SuperFrame frame = test::build(row.recipe);
    for (std::size_t size = 0; size < frame.headers.payload; ++size) {
      // In memory of its own, so that a sanitizer sees whoever reads beyond it.
      const auto end = frame.bytes.begin() + static_cast<std::ptrdiff_t>(size);
      const std::vector<std::byte> part(frame.bytes.begin(), end);
      Offload offload = frame.offload;
      offload.header_size = 0;
      EXPECT_FALSE(is_consistent(part, offload)) << row.name << ", " << size;
      EXPECT_FALSE(find_headers(part)) << row.name << ", " << size;
    }
  }
}

using Lie = std::function<void(SuperFrame&)>;

void set(SuperFrame& frame, std::size_t offset, unsigned value) {
  frame.bytes[offset] = static_cast<std::byte>(value);
}

TEST(IsConsistent, SaysNoToALieAboutASuperFrame) {
  const std::pair<const char*, Lie> lies[] = {
      {"no checksum wanted", [](auto& frame) { frame.offload.needs_checksum = false; }},
      {"segments of nothing", [](auto& frame) { frame.offload.segment_size = 0; }},
      {"segments of nothing, of nothing",
       [](auto& frame) {
         frame.offload.segment_size = 0;
         frame.bytes.resize(frame.headers.payload);
       }},
      {"reserved segment size", [](auto& frame) { frame.offload.segment_size = 0xffff; }},
      {"too many segments", [](auto& frame) { frame.offload.segment_size = 1; }},
      {"another IP version", [](auto& frame) { frame.offload.gso = GsoKind::tcp_ipv6; }},
      {"another protocol", [](auto& frame) { frame.offload.gso = GsoKind::udp; }},
      {"checksum starts early", [](auto& frame) { --frame.offload.checksum_start; }},
      {"checksum starts late", [](auto& frame) { ++frame.offload.checksum_start; }},
      {"checksum of UDP", [](auto& frame) { frame.offload.checksum_offset = 6; }},
      {"headers beyond the end", [](auto& frame) { frame.offload.header_size = 60'000; }},
      {"first fragment", [](auto& frame) { set(frame, 20, 0x20); }},
      {"later fragment", [](auto& frame) { set(frame, 21, 1); }},
      {"IP version 5", [](auto& frame) { set(frame, 14, 0x55); }},
      {"IP header of 16 bytes", [](auto& frame) { set(frame, 14, 0x44); }},
      {"IP header of 24 bytes", [](auto& frame) { set(frame, 14, 0x46); }},
      {"protocol SCTP", [](auto& frame) { set(frame, 23, 132); }},
      {"TCP header of 16 bytes", [](auto& frame) { set(frame, 46, 0x40); }},
      {"EtherType of ARP", [](auto& frame) { set(frame, 13, 0x06); }},
      {"more than IP can hold", [](auto& frame) { frame.bytes.resize(14 + 0x10000); }},
  };
  for (const auto& [name, lie] : lies) {
    SuperFrame frame = test::build({.payload = std::vector<std::byte>(4'000)});
    ASSERT_TRUE(is_consistent(frame.bytes, frame.offload));
    lie(frame);
    EXPECT_FALSE(is_consistent(frame.bytes, frame.offload)) << name;
  }
}

TEST(IsConsistent, SaysNoToAnIpv6HeaderOfAnotherVersion) {
  SuperFrame frame = test::build({.is_ipv6 = true});
  set(frame, 14, 0x40);
  EXPECT_FALSE(is_consistent(frame.bytes, frame.offload));
}

// The last four bytes of what would be the IP header make a good beginning of a TCP header.
TEST(IsConsistent, SaysNoToAnIpv4HeaderThatIsTooShort) {
  SuperFrame frame = test::build({.tags = {{.vid = 10}}});
  set(frame, 18, 0x44);
  set(frame, 46, 0x50);
  frame.offload.checksum_start = 34;
  EXPECT_FALSE(is_consistent(frame.bytes, frame.offload));
}

TEST(IsConsistent, BoundsTheWorkThatOneFrameCanAskFor) {
  const SuperFrame datagrams =
      test::build({.kind = TransportKind::udp,
                   .segment_size = 1,
                   .payload = std::vector<std::byte>(max_udp_segment_count + 1)});
  EXPECT_FALSE(is_consistent(datagrams.bytes, datagrams.offload));
  const SuperFrame tags = test::build({.tags = std::vector<VlanTag>(max_header_size / 4)});
  EXPECT_FALSE(is_consistent(tags.bytes, tags.offload));
  const SuperFrame extensions =
      test::build({.is_ipv6 = true, .extensions = {{60, max_header_size}}});
  EXPECT_FALSE(is_consistent(extensions.bytes, extensions.offload));
}

TEST(IsConsistent, AnIpv6HeaderThatNoSuperFrameHasIsNone) {
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{44, 50, 51, 59, 135}) {
    const SuperFrame frame = test::build({.is_ipv6 = true, .extensions = {{number, 8}}});
    EXPECT_FALSE(is_consistent(frame.bytes, frame.offload)) << int{number};
  }
}

TEST(IsConsistent, LooksOnlyAtBoundsWhereNothingIsToBeCut) {
  struct Case {
    const char* name;
    Offload offload;
    bool is_consistent;
  };
  const Case cases[] = {
      {"Plain", {}, true},
      {"PlainWithFieldsThatMeanNothing", {.checksum_start = 9'999, .checksum_offset = 9}, true},
      {"LastTwoBytes", {.needs_checksum = true, .checksum_start = 90, .checksum_offset = 8}, true},
      {"OneBeyond", {.needs_checksum = true, .checksum_start = 90, .checksum_offset = 9}, false},
      {"StartsAtTheEnd", {.needs_checksum = true, .checksum_start = 100}, false},
      {"BothLargest",
       {.needs_checksum = true, .checksum_start = 0xffff, .checksum_offset = 0xffff},
       false},
      {"BehindTheShortestIp", {.needs_checksum = true, .checksum_start = 34}, true},
      {"WithinTheShortestIp", {.needs_checksum = true, .checksum_start = 33}, false},
      {"FarBehindTheEnd", {.needs_checksum = true, .checksum_start = 0xfff8}, false},
      {"HeaderAsLongAsTheFrame", {.header_size = 100}, true},
      {"HeaderLongerThanTheFrame", {.header_size = 101}, false},
  };
  const std::vector<std::byte> frame(100);
  for (const Case& row : cases) {
    EXPECT_EQ(is_consistent(frame, row.offload), row.is_consistent) << row.name;
  }
}

// The shortest IP header begins behind the tags, however many there are.
TEST(IsConsistent, ChecksumStartsBehindTheTags) {
  for (std::size_t tags = 0; tags <= 3; ++tags) {
    const SuperFrame frame = test::build({.tags = std::vector<VlanTag>(tags)});
    for (std::uint16_t start = 0; start < 60; ++start) {
      const Offload offload{.needs_checksum = true, .checksum_start = start};
      EXPECT_EQ(is_consistent(frame.bytes, offload), start >= frame.headers.network + 20)
          << tags << " tags, " << start;
    }
  }
}

// In a word of 16 bits, also when the frame has two tags more.
TEST(IsConsistent, ChecksumStartsWhereAWordCanStateIt) {
  const std::vector<std::byte> frame(65'558);
  const auto starts_at = [&](std::uint16_t start) {
    return is_consistent(frame, {.needs_checksum = true, .checksum_start = start});
  };
  EXPECT_TRUE(starts_at(65'527));
  EXPECT_FALSE(starts_at(65'528));
}

TEST(WireSize, IsThatOfTheLargestFrameCut) {
  const auto size_of = [](const SuperFrame& frame) {
    return wire_size(frame.bytes, frame.offload);
  };
  EXPECT_EQ(size_of(test::build({.tcp_option_size = 12})), 14U + 20 + 32 + 1'448);
  EXPECT_EQ(size_of(test::build({.tags = {{.vid = 1}}})), 14U + 4 + 20 + 20 + 1'448);
  EXPECT_EQ(size_of(test::build({.is_ipv6 = true, .kind = TransportKind::udp})),
            14U + 40 + 8 + 1'448);
  EXPECT_EQ(size_of(test::build({.payload = std::vector<std::byte>(100)})), 14U + 40 + 100);
  EXPECT_EQ(size_of(test::without_segmentation(test::build({}))), 14U + 40 + 4'000);
}

}  // namespace offload_test
}  // namespace tapswitch
