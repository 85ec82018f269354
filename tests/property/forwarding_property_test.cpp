// SPDX-License-Identifier: Apache-2.0
// Snapshot and decision against what the rules say port by port.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "switch/forwarding/decide.hpp"

namespace tapswitch {
namespace forwarding_property_test {

using Rules = std::vector<std::optional<PortRule>>;

// Few VLANs, so that ports often meet.
VlanId any_vid() { return *rc::gen::element<VlanId>(1, 2, 3, 63, 64, 4094); }

VlanRule any_vlan_rule() {
  VlanRule rule;
  rule.mode = *rc::gen::element(PortMode::access, PortMode::trunk, PortMode::tunnel);
  rule.pvid = any_vid();
  if (rule.mode == PortMode::trunk) {
    rule.pvid = *rc::gen::arbitrary<bool>() ? rule.pvid : no_vlan;
    rule.native_tagged = *rc::gen::arbitrary<bool>();
    rule.allowed = *rc::gen::arbitrary<bool>() ? VlanSet::all() : VlanSet();
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      rule.allowed.insert(any_vid());
    }
  }
  rule.acceptable = *rc::gen::weightedElement<AcceptableFrames>(
      {{6, AcceptableFrames::all}, {1, AcceptableFrames::tagged}, {1, AcceptableFrames::untagged}});
  return rule;
}

PortRule any_port_rule() {
  PortRule rule;
  rule.vlan = any_vlan_rule();
  rule.flood.unknown_unicast = *rc::gen::arbitrary<bool>();
  rule.isolated = *rc::gen::arbitrary<bool>();
  rule.hairpin = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
  return rule;
}

Rules any_rules() {
  Rules rules(*rc::gen::inRange<std::size_t>(1, 12));
  for (auto& rule : rules) {
    if (*rc::gen::weightedElement<bool>({{5, true}, {1, false}})) {
      rule = any_port_rule();
    }
  }
  return rules;
}

TEST(ForwardingProperty, FloodListsAreWhatTheRulesSay) {
  EXPECT_TRUE(rc::check([] {
    const Rules rules = any_rules();
    const Snapshot snapshot(SwitchRule{}, rules);
    for (VlanId vid = first_vlan; vid <= last_vlan; ++vid) {
      std::vector<PortIndex> expected;
      for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i] && rules[i]->vlan.carries(vid)) {
          expected.push_back(static_cast<PortIndex>(i));
        }
      }
      const auto list = snapshot.flood_list(vid);
      RC_ASSERT(std::equal(list.begin(), list.end(), expected.begin(), expected.end()));
    }
  }));
}

TEST(ForwardingProperty, ViewsAreWhatTheRulesSay) {
  EXPECT_TRUE(rc::check([] {
    const Rules rules = any_rules();
    const Snapshot snapshot(SwitchRule{}, rules);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const auto index = static_cast<PortIndex>(i);
      RC_ASSERT(snapshot.has_port(index) == rules[i].has_value());
      if (!rules[i]) {
        continue;
      }
      const VlanId vid = any_vid();
      RC_ASSERT(snapshot.port(index).carries(vid) == rules[i]->vlan.carries(vid));
      RC_ASSERT(snapshot.port(index).sends_tagged(vid) == (rules[i]->vlan.untagged_vid() != vid));
    }
  }));
}

// A frame of random bytes, mostly with addresses that mean something.
std::vector<std::byte> any_frame() {
  const auto octets =
      *rc::gen::container<std::vector<std::uint8_t>>(30, rc::gen::arbitrary<std::uint8_t>());
  std::vector<std::byte> frame(octets.size());
  std::transform(octets.begin(), octets.end(), frame.begin(),
                 [](std::uint8_t octet) { return std::byte{octet}; });
  const auto any_mac = [] {
    return MacAddress(*rc::gen::element<std::uint64_t>(2, 4, 6, 8, 0x0100'5e00'0001,
                                                       0x0180'c200'0000, 0xffff'ffff'ffff));
  };
  any_mac().write(frame.data());
  any_mac().write(frame.data() + MacAddress::size);
  if (*rc::gen::arbitrary<bool>()) {
    frame[12] = std::byte{0x81};
    frame[13] = std::byte{0x00};
    frame[14] = std::byte{0x00};
    frame[15] = static_cast<std::byte>(*rc::gen::inRange(0, 5));
  }
  return frame;
}

// Checks where a frame leaves a switch: never by the port it came in by unless that is a hairpin,
// never between isolated ports, never by a port outside its VLAN, and by no port twice.
void check_egress(const Snapshot& snapshot, PortIndex ingress, VlanId vid,
                  const std::vector<PortIndex>& egress) {
  for (const PortIndex port : egress) {
    RC_ASSERT(snapshot.has_port(port));
    RC_ASSERT(port != ingress || snapshot.port(port).hairpin());
    RC_ASSERT(port == ingress || !snapshot.port(port).isolated() ||
              !snapshot.port(ingress).isolated());
    RC_ASSERT(snapshot.port(port).carries(vid));
    RC_ASSERT(std::count(egress.begin(), egress.end(), port) == 1);
  }
}

TEST(ForwardingProperty, FramesLeaveOnlyWhereTheyMay) {
  EXPECT_TRUE(rc::check([] {
    Rules rules = any_rules();
    rules[0] = any_port_rule();
    const Snapshot snapshot(SwitchRule{}, rules);
    Fdb fdb(8, std::chrono::seconds(300), 1);
    for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
      const auto ingress = static_cast<PortIndex>(*rc::gen::inRange<std::size_t>(0, rules.size()));
      const auto frame = any_frame();
      const auto view = FrameView::parse(frame);
      if (!view || !snapshot.has_port(ingress)) {
        continue;
      }
      const auto classification = classify(snapshot, ingress, *view);
      if (!classification) {
        continue;
      }
      const VlanId vid = classification->tag.vid;
      RC_ASSERT(vid >= first_vlan && vid <= last_vlan && snapshot.port(ingress).carries(vid));
      fdb.learn({vid, view->source()}, ingress, 0, TimePoint{});
      const Decision decision = decide(snapshot, fdb, ingress, *view, *classification, TimePoint{});
      std::vector<PortIndex> egress;
      if (decision.kind == Decision::Kind::unicast) {
        egress.push_back(decision.egress);
      } else if (decision.kind == Decision::Kind::flood) {
        std::copy_if(decision.members.begin(), decision.members.end(), std::back_inserter(egress),
                     [&](PortIndex member) {
                       return floods_to(snapshot, ingress, member, decision.flood_kind);
                     });
      }
      check_egress(snapshot, ingress, vid, egress);
    }
  }));
}

}  // namespace forwarding_property_test
}  // namespace tapswitch
