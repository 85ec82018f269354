// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/punt.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace punt_test {

using Bytes = std::vector<std::byte>;

Bytes octets(std::initializer_list<unsigned> values) {
  Bytes bytes;
  for (const unsigned value : values) {
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Bytes addresses(std::initializer_list<unsigned> destination) {
  return joined({octets(destination), octets({2, 0, 0, 0, 0, 1})});
}

const Bytes to_bridges = addresses({0x01, 0x80, 0xc2, 0, 0, 0});
const Bytes to_lldp = addresses({0x01, 0x80, 0xc2, 0, 0, 0x0e});
const Bytes to_group = addresses({0x01, 0x00, 0x5e, 0, 0, 0x16});
const Bytes tag = octets({0x81, 0, 0, 10});
const Bytes ipv4 = octets({0x08, 0});
const Bytes ipv6 = octets({0x86, 0xdd});

Bytes ipv4_header(unsigned protocol, unsigned fragment = 0) {
  return octets({0x45, 0, 0, 28, 0, 1, fragment, 0, 1, protocol, 0, 0, 10, 0, 0, 1, 224, 0, 0, 22});
}

// With the hop-by-hop header that MLD has, or without.
Bytes ipv6_header(unsigned protocol, bool has_options) {
  Bytes bytes = octets({0x60, 0, 0, 0, 0, 16, has_options ? 0U : protocol, 1});
  bytes.resize(40);
  return has_options ? joined({bytes, octets({protocol, 0, 5, 2, 0, 0, 1, 0})}) : bytes;
}

Bytes icmp(unsigned type) { return octets({type, 0, 0, 0, 0, 0, 0, 0}); }

struct Case {
  const char* name;
  PuntSet punts;
  Bytes frame;
  PuntKind expected;
};

constexpr PuntSet everything{.reserved = 0xffff, .igmp = true, .mld = true};

const Case cases[] = {
    {"NothingIsPuntedUnasked", {}, joined({to_bridges, octets({0, 38})}), PuntKind::none},
    {"ReservedAddressInTheMask",
     {.reserved = 1},
     joined({to_bridges, octets({0, 38})}),
     PuntKind::link},
    {"ReservedAddressOutsideTheMask",
     {.reserved = 1, .igmp = true},
     joined({to_lldp, octets({0x88, 0xcc})}),
     PuntKind::none},
    {"OtherReservedAddress",
     {.reserved = 0x4000},
     joined({to_lldp, octets({0x88, 0xcc})}),
     PuntKind::link},
    {"Igmp", {.igmp = true}, joined({to_group, ipv4, ipv4_header(2), icmp(0x22)}), PuntKind::group},
    {"IgmpBehindATag",
     {.igmp = true},
     joined({to_group, tag, ipv4, ipv4_header(2), icmp(0x22)}),
     PuntKind::group},
    {"IgmpUnasked", {.mld = true}, joined({to_group, ipv4, ipv4_header(2)}), PuntKind::none},
    {"FragmentOfIgmp", everything, joined({to_group, ipv4, ipv4_header(2, 0x20)}), PuntKind::none},
    {"OtherProtocol", everything, joined({to_group, ipv4, ipv4_header(1)}), PuntKind::none},
    {"MldReport",
     {.mld = true},
     joined({to_group, ipv6, ipv6_header(58, true), icmp(143)}),
     PuntKind::group},
    {"MldQuery",
     {.mld = true},
     joined({to_group, ipv6, ipv6_header(58, true), icmp(130)}),
     PuntKind::group},
    {"NeighbourSolicitation", everything,
     joined({to_group, ipv6, ipv6_header(58, false), icmp(135)}), PuntKind::none},
    {"MldCutOffBeforeItsType", everything, joined({to_group, ipv6, ipv6_header(58, true)}),
     PuntKind::none},
    {"MldUnasked",
     {.igmp = true},
     joined({to_group, ipv6, ipv6_header(58, true), icmp(130)}),
     PuntKind::none},
};

TEST(PuntKind, IsThatOfTheTable) {
  for (const Case& row : cases) {
    const auto view = FrameView::parse(row.frame);
    ASSERT_TRUE(view) << row.name;
    EXPECT_EQ(punt_kind(row.punts, *view, Layout::find(row.frame)), row.expected) << row.name;
  }
}

}  // namespace punt_test
}  // namespace tapswitch
