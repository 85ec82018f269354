// SPDX-License-Identifier: Apache-2.0
#include "tests/forwarding/decide_cases.hpp"

namespace tapswitch::test {
namespace {

constexpr MacAddress alice(0x02'00'00'00'00'0a);
constexpr MacAddress bob(0x02'00'00'00'00'0b);
constexpr MacAddress broadcast(0xff'ff'ff'ff'ff'ff);
constexpr MacAddress ipv4_group(0x01'00'5e'00'00'fb);
constexpr MacAddress ipv6_group(0x33'33'00'00'00'01);
constexpr MacAddress spanning_tree(0x01'80'c2'00'00'00);
constexpr MacAddress link_discovery(0x01'80'c2'00'00'0e);
constexpr MacAddress first_unreserved(0x01'80'c2'00'00'10);
constexpr MacAddress nobody;

constexpr SwitchRule forward_lldp{.forwarded_reserved = 1 << 0xe};
constexpr StationKind fixed = StationKind::static_entry;

PortRule any() { return {}; }

PortRule access(VlanId vid) { return {.vlan = {.mode = PortMode::access, .pvid = vid}}; }

PortRule trunk(std::string_view allowed, VlanId native = no_vlan) {
  return {.vlan = {
              .mode = PortMode::trunk, .pvid = native, .allowed = VlanSet::parse(allowed).value()}};
}

PortRule tunnel(VlanId vid, TagType type = TagType::service) {
  return {.vlan = {.mode = PortMode::tunnel, .pvid = vid, .tunnel_type = type}};
}

PortRule naming(TagType type, PortRule rule = any()) {
  rule.vlan.vendor_type = type;
  return rule;
}

PortRule accepting(AcceptableFrames frames, PortRule rule = any()) {
  rule.vlan.acceptable = frames;
  return rule;
}

PortRule native_tagged(PortRule rule) {
  rule.vlan.native_tagged = true;
  return rule;
}

PortRule isolated(PortRule rule = any()) {
  rule.isolated = true;
  return rule;
}

PortRule overlay(PortRule rule = any()) {
  rule.split_horizon = true;
  return rule;
}

PortRule hairpin(PortRule rule = any()) {
  rule.hairpin = true;
  return rule;
}

PortRule flooded(FloodRule flood) { return {.flood = flood}; }

PortRule deaf() { return {.learning = false}; }

const std::vector<PortRule> three = {any(), any(), any()};
constexpr VlanTag vlan_10{.vid = 10};
constexpr VlanTag vlan_20{.vid = 20};
constexpr VlanTag vendors_10{.type = TagType::vendor_9100, .vid = 10};
constexpr VlanTag priority_5{.priority = 5, .vid = 0};
constexpr VlanTag vlan_4095{.vid = reserved_vlan};
constexpr VlanTag service_10{.type = TagType::service, .vid = 10};

// clang-format off
const Case cases[] = {
    // Learning bridge [802.1Q 8.6.3, 8.7, 8.8].
    {"UnknownUnicastFloods",             three, {},            {0, bob, alice},          "flood p1 p2"},
    {"KnownUnicastGoesToOne",            three, {{bob, 1, 2}}, {0, bob, alice},          "p2"},
    {"BroadcastFloods",                  three, {},            {0, broadcast, alice},    "flood p1 p2"},
    {"Ipv4MulticastFloods",              three, {},            {0, ipv4_group, alice},   "flood p1 p2"},
    {"Ipv6MulticastFloods",              three, {},            {0, ipv6_group, alice},   "flood p1 p2"},
    {"DestinationOnIngressDrops",        three, {{bob, 1, 0}}, {0, bob, alice},          "drop same_port"},
    {"HairpinReturnsByIngress",          {hairpin(), any()}, {{bob, 1, 0}}, {0, bob, alice}, "p0"},
    {"HairpinFloodsToIngress",           {hairpin(), any()}, {}, {0, broadcast, alice},  "flood p0 p1"},
    {"HairpinElsewhereChangesNothing",   {any(), hairpin()}, {}, {0, broadcast, alice},  "flood p1"},
    {"FrameToOneselfDrops",              three, {},            {0, alice, alice},        "drop same_port"},
    {"StationOfAnotherVlanIsUnknown",    three, {{bob, 10, 2}}, {0, bob, alice},         "flood p1 p2"},
    {"StationHeardElsewhereHasMoved",    three, {{bob, 1, 1}, {bob, 1, 2}}, {0, bob, alice}, "p2"},
    {"StationIsKnownForTheAgeingTime",   three, {{bob, 1, 2}}, {0, bob, alice},          "p2", {}, 300},
    {"StationAgesOut",                   three, {{bob, 1, 2}}, {0, bob, alice},          "flood p1 p2", {}, 301},
    {"StaticStationDoesNotAge",          three, {{bob, 1, 2, fixed}}, {0, bob, alice},   "p2", {}, 100'000},
    {"StaticStationDoesNotMove",         three, {{bob, 1, 2, fixed}, {bob, 1, 1}}, {0, bob, alice}, "p2"},
    {"PortThatDoesNotLearnFloodsOn",     {deaf(), any()}, {},  {0, alice, alice},        "flood p1"},
    {"StationOfARemovedPortIsUnknown",   three, {{bob, 1, 7}}, {0, bob, alice},          "flood p1 p2"},
    {"SinglePortHasNobodyToFloodTo",     {any()}, {},          {0, broadcast, alice},    "drop no_egress"},

    // Addresses that are no station's [802.1Q 8.6.3, table 8-1].
    {"GroupSourceDrops",                 three, {}, {0, bob, ipv4_group},      "drop group_source"},
    {"BroadcastSourceDrops",             three, {}, {0, bob, broadcast},       "drop group_source"},
    {"ZeroSourceDrops",                  three, {}, {0, bob, nobody},          "drop zero_source"},
    {"ZeroDestinationIsUnknown",         three, {}, {0, nobody, alice},        "flood p1 p2"},
    {"ReservedAddressDrops",             three, {}, {0, spanning_tree, alice}, "drop reserved_address"},
    {"ReservedAddressIsForwardedOnDemand", three, {}, {0, link_discovery, alice}, "flood p1 p2", forward_lldp},
    {"OtherReservedAddressStillDrops",   three, {}, {0, spanning_tree, alice}, "drop reserved_address", forward_lldp},
    {"AddressAfterTheReservedFloods",    three, {}, {0, first_unreserved, alice}, "flood p1 p2"},
    {"GroupSourceIsToldBeforeReserved",  three, {}, {0, spanning_tree, broadcast}, "drop group_source"},

    // Flood rules and isolation.
    {"UnknownUnicastFloodCanBeOff", {any(), flooded({.unknown_unicast = false}), any()}, {}, {0, bob, alice}, "flood p2"},
    {"MulticastFloodCanBeOff",      {any(), flooded({.multicast = false}), any()}, {}, {0, ipv4_group, alice}, "flood p2"},
    {"BroadcastFloodCanBeOff",      {any(), flooded({.broadcast = false}), any()}, {}, {0, broadcast, alice}, "flood p2"},
    {"FloodRulesAreSeparate",       {any(), flooded({.multicast = false}), any()}, {}, {0, broadcast, alice}, "flood p1 p2"},
    {"FloodRuleSparesKnownUnicast", {any(), flooded({.unknown_unicast = false})}, {{bob, 1, 1}}, {0, bob, alice}, "p1"},
    {"FloodOffEverywhereDrops",     {any(), flooded({.unknown_unicast = false})}, {}, {0, bob, alice}, "drop no_egress"},
    {"IsolatedPortsExchangeNoUnicast", {isolated(), isolated(), any()}, {{bob, 1, 1}}, {0, bob, alice}, "drop isolated"},
    {"IsolatedPortsExchangeNoFlood",   {isolated(), isolated(), any()}, {}, {0, broadcast, alice}, "flood p2"},
    {"IsolatedReachesTheOthers",       {isolated(), isolated(), any()}, {{bob, 1, 2}}, {0, bob, alice}, "p2"},
    {"OthersReachIsolated",            {isolated(), isolated(), any()}, {{bob, 1, 1}}, {2, bob, alice}, "p1"},
    {"OneIsolatedPortMayHairpin",      {isolated(hairpin()), isolated()}, {}, {0, broadcast, alice}, "flood p0"},
    {"TunnelsExchangeNoUnicast",       {overlay(), overlay(), any()}, {{bob, 1, 1}}, {0, bob, alice}, "drop split_horizon"},
    {"TunnelsExchangeNoFlood",         {overlay(), overlay(), any()}, {}, {0, broadcast, alice}, "flood p2"},
    {"TunnelReachesTheOthers",         {overlay(), overlay(), any()}, {{bob, 1, 2}}, {0, bob, alice}, "p2"},
    {"OthersReachTunnels",             {overlay(), overlay(), any()}, {}, {2, broadcast, alice}, "flood p0 p1"},
    {"TunnelAndIsolatedExchange",      {overlay(), isolated()}, {}, {0, broadcast, alice}, "flood p1"},

    // Access ports [802.1Q 6.9].
    {"AccessPortsOfOneVlanExchange",   {access(10), access(10), access(20)}, {}, {0, broadcast, alice}, "flood p1"},
    {"AccessPortTakesItsOwnTag",       {access(10), access(10)}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1"},
    {"AccessPortRefusesAnotherTag",    {access(10), access(20)}, {}, {0, broadcast, alice, {vlan_20}}, "drop vlan_not_allowed"},
    {"AccessToTrunkIsTagged",          {access(10), trunk("10,20")}, {}, {0, broadcast, alice}, "flood p1:10"},
    {"TrunkToAccessIsUntagged",        {trunk("10,20"), access(10)}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1"},
    {"StationOutsideTheVlanOfItsPort", {any(), access(20)}, {{bob, 10, 1}}, {0, bob, alice, {vlan_10}}, "drop egress_vlan_not_allowed"},

    // Trunk ports.
    {"TrunkKeepsTheVlan",              {trunk("10,20"), trunk("20"), trunk("10")}, {}, {0, broadcast, alice, {vlan_20}}, "flood p1:20"},
    {"TrunkRefusesVlanNotAllowed",     {trunk("20"), any()}, {}, {0, broadcast, alice, {vlan_10}}, "drop vlan_not_allowed"},
    {"NativeVlanLeavesUntagged",       {access(10), trunk("20", 10)}, {}, {0, broadcast, alice}, "flood p1"},
    {"NativeVlanLeavesTaggedOnDemand", {access(10), native_tagged(trunk("20", 10))}, {}, {0, broadcast, alice}, "flood p1:10"},
    {"UntaggedOnTrunkIsNative",        {trunk("20", 10), access(10), access(20)}, {}, {0, broadcast, alice}, "flood p1"},
    {"TaggedNativeIsTaken",            {trunk("20", 10), access(10)}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1"},
    {"UntaggedWithoutNativeDrops",     {trunk("10"), any()}, {}, {0, broadcast, alice}, "drop untagged_refused"},
    {"DefaultPortsLetTagsAcross",      three, {}, {0, broadcast, alice, {vlan_10}}, "flood p1:10 p2:10"},
    {"ServiceTagNamesAVlanToo",        three, {}, {0, broadcast, alice, {service_10}}, "flood p1:10 p2:10"},
    {"VendorsTagIsPayload",            three, {}, {0, broadcast, alice, {vendors_10}}, "flood p1 p2"},
    {"VendorsTagNamesAVlanOnDemand",   {naming(TagType::vendor_9100), access(10), any()}, {}, {0, broadcast, alice, {vendors_10}}, "flood p1 p2:10"},
    {"OtherVendorsTagIsStillPayload",  {naming(TagType::vendor_9200), access(10), any()}, {}, {0, broadcast, alice, {vendors_10}}, "flood p2"},
    {"VendorsTagBesideThoseOfTheStandard", {naming(TagType::vendor_9100), access(10), any()}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1 p2:10"},
    {"ReservedVidDrops",               three, {}, {0, broadcast, alice, {vlan_4095}}, "drop vlan_reserved"},

    // Priority tags and acceptable frames.
    {"PriorityTagIsNative",            {any(), access(1)}, {}, {0, broadcast, alice, {priority_5}}, "flood p1"},
    {"PriorityTagWithoutNativeDrops",  {trunk("10"), any()}, {}, {0, broadcast, alice, {priority_5}}, "drop untagged_refused"},
    {"TaggedOnlyRefusesUntagged",      {accepting(AcceptableFrames::tagged), any()}, {}, {0, broadcast, alice}, "drop untagged_refused"},
    {"TaggedOnlyRefusesPriorityTag",   {accepting(AcceptableFrames::tagged), any()}, {}, {0, broadcast, alice, {priority_5}}, "drop untagged_refused"},
    {"TaggedOnlyTakesTagged",          {accepting(AcceptableFrames::tagged), any()}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1:10"},
    {"UntaggedOnlyRefusesTagged",      {accepting(AcceptableFrames::untagged), any()}, {}, {0, broadcast, alice, {vlan_10}}, "drop tagged_refused"},
    {"UntaggedOnlyTakesPriorityTag",   {accepting(AcceptableFrames::untagged), any()}, {}, {0, broadcast, alice, {priority_5}}, "flood p1"},
    {"ReservedVidIsToldBeforeRefusal", {accepting(AcceptableFrames::untagged), any()}, {}, {0, broadcast, alice, {vlan_4095}}, "drop vlan_reserved"},

    // Tunnel ports.
    {"TunnelCarriesTagsAsPayload",     {tunnel(100), trunk("100")}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1:100"},
    {"TunnelTakesReservedVidAsPayload", {tunnel(100), trunk("100")}, {}, {0, broadcast, alice, {vlan_4095}}, "flood p1:100"},
    {"TunnelGivesPayloadBack",         {trunk("100"), tunnel(100)}, {}, {0, broadcast, alice, {{.type = TagType::service, .vid = 100}, vlan_10}}, "flood p1"},
    {"TunnelOfAVendorsType",           {tunnel(100, TagType::vendor_9100), trunk("100")}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1:100"},
    {"TunnelToTunnelAddsNothing",      {tunnel(100), tunnel(100), tunnel(200)}, {}, {0, broadcast, alice, {vlan_10}}, "flood p1"},
    {"TunnelMayRefuseUntagged",        {accepting(AcceptableFrames::tagged, tunnel(100)), any()}, {}, {0, broadcast, alice}, "drop untagged_refused"},
    {"TunnelMayRefuseTagged",          {accepting(AcceptableFrames::untagged, tunnel(100)), any()}, {}, {0, broadcast, alice, {vlan_10}}, "drop tagged_refused"},

    // Bytes that are no frame.
    {"EmptyFrameDrops",                three, {}, {0, bob, alice, {}, 0},  "drop runt"},
    {"OneByteDrops",                   three, {}, {0, bob, alice, {}, 1},  "drop runt"},
    {"ThirteenBytesDrop",              three, {}, {0, bob, alice, {}, 13}, "drop runt"},
    {"FourteenBytesAreAFrame",         three, {}, {0, bob, alice, {}, 14}, "flood p1 p2"},
    {"VendorsTagCutShortDropsWhereItIsOne", {naming(TagType::vendor_9100), any()}, {}, {0, bob, alice, {vendors_10}, 17}, "drop tag_truncated"},
    {"TagCutShortDrops",               three, {}, {0, bob, alice, {vlan_10}, 17}, "drop tag_truncated"},
    {"TwentyTagsCountAsOne",           three, {}, {0, bob, alice, std::vector<VlanTag>(20, vlan_10)}, "flood p1:10 p2:10"},
};
// clang-format on

}  // namespace

std::span<const Case> decide_cases() { return cases; }

}  // namespace tapswitch::test
