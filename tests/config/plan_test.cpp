// SPDX-License-Identifier: Apache-2.0
#include "control/config/plan.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "control/config/document.hpp"
#include "control/config/patches.hpp"
#include "control/config/read_document.hpp"
#include "control/config/static_entries.hpp"
#include "tests/config/spec_maker.hpp"

namespace tapswitch::config {
namespace plan_test {

using test::port_named;
using test::SpecMaker;
using test::tap_of;

// A second reading of what the actions mean, on values: what a switch would have after them. Each
// refuses what the real one would refuse.
class Model {
 public:
  explicit Model(NetworkSpec network) : network_(std::move(network)) {}

  void take(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      EXPECT_FALSE(step.lines.empty());
      std::visit([this](const auto& action) { take(action); }, step.action);
    }
  }

  [[nodiscard]] const NetworkSpec& network() const { return network_; }

 private:
  PortSpec& find(const std::string& name) {
    for (auto& [home_name, home] : network_.switches) {
      for (PortSpec& port : home.ports) {
        if (port.name == name) {
          return port;
        }
      }
    }
    throw std::logic_error("no port " + name);
  }

  // Whether the new port makes a ring, or is not what a patch leads to.
  void check_patches(const std::string& new_home, const PortSpec& added) {
    Patches patches;
    for (const auto& [name, home] : network_.switches) {
      for (const PortSpec& port : home.ports) {
        if (const auto* patch = std::get_if<PatchSpec>(&port.far_end)) {
          ASSERT_FALSE(patches.add(port.name, name, patch->peer));
          ASSERT_TRUE(patch->peer != added.name ||
                      std::holds_alternative<PatchSpec>(added.far_end));
        }
      }
    }
    if (const auto* patch = std::get_if<PatchSpec>(&added.far_end)) {
      ASSERT_FALSE(patches.add(added.name, new_home, patch->peer));
    }
  }

  void take(const RemoveSwitch& action) {
    ASSERT_TRUE(network_.switches.at(action.name).ports.empty()) << action.name;
    network_.switches.erase(action.name);
  }

  void take(const RemovePort& action) {
    SwitchSpec& home = network_.switches.at(action.home);
    ASSERT_EQ(std::erase_if(home.ports, [&](const auto& port) { return port.name == action.name; }),
              1U);
    std::erase_if(home.static_entries,
                  [&](const StaticEntry& entry) { return entry.port == action.name; });
  }

  void take(const AddSwitch& action) {
    ASSERT_TRUE(network_.switches.emplace(action.spec.name, action.spec).second);
  }

  void take(const SetSwitch& action) {
    SwitchSpec& home = network_.switches.at(action.spec.name);
    ASSERT_EQ(home.fdb_capacity, action.spec.fdb_capacity);
    home.ageing = action.spec.ageing;
    home.rule = action.spec.rule;
  }

  void take(const AddPort& action) {
    for (const auto& [name, home] : network_.switches) {
      for (const PortSpec& port : home.ports) {
        ASSERT_NE(port.name, action.spec.name);
        const auto taken = claim_of(port.far_end);
        const auto wanted = claim_of(action.spec.far_end);
        ASSERT_FALSE(taken && wanted && taken->name == wanted->name) << wanted->name;
      }
    }
    check_patches(action.home, action.spec);
    auto& ports = network_.switches.at(action.home).ports;
    ports.push_back(action.spec);
    std::sort(ports.begin(), ports.end(),
              [](const auto& one, const auto& other) { return one.name < other.name; });
  }

  void take(const SetPort& action) {
    PortSpec& port = find(action.spec.name);
    ASSERT_TRUE(can_become(port.far_end, action.spec.far_end));
    port = action.spec;
  }

  void take(const NameVlan& action) {
    auto& names = network_.switches.at(action.home).vlan_names;
    if (action.name) {
      names[action.vid] = *action.name;
    } else {
      ASSERT_EQ(names.erase(action.vid), 1U);
    }
  }

  void take(const RemoveStatic& action) {
    auto& entries = network_.switches.at(action.home).static_entries;
    ASSERT_EQ(std::erase(entries, action.entry), 1U);
  }

  void take(const AddStatic& action) {
    (void)find(action.entry.port);
    auto& entries = network_.switches.at(action.home).static_entries;
    std::erase_if(entries, [&](const StaticEntry& entry) {
      return entry.vlan == action.entry.vlan && entry.mac == action.entry.mac;
    });
    entries.push_back(action.entry);
    std::sort(entries.begin(), entries.end(), [](const auto& one, const auto& other) {
      return std::tie(one.vlan, one.mac) < std::tie(other.vlan, other.mac);
    });
  }

  void take(const RemoveMirror& action) {
    ASSERT_EQ(network_.switches.at(action.home).mirrors.erase(action.name), 1U);
  }

  void take(const SetMirror& action) {
    (void)find(action.spec.to_port);
    for (const std::string& port : action.spec.from_ports) {
      (void)find(port);
    }
    network_.switches.at(action.home).mirrors.insert_or_assign(action.spec.name, action.spec);
  }

  void take(const SetSflow& action) {
    ASSERT_NE(network_.sflow, action.spec);
    network_.sflow = action.spec;
  }

  NetworkSpec network_;
};

NetworkSpec network_of(std::vector<PortSpec> ports) {
  NetworkSpec network;
  SwitchSpec& home = network.switches["sw0"];
  home.name = "sw0";
  home.ports = std::move(ports);
  return network;
}

std::vector<std::string> lines_of(const NetworkSpec& running, const NetworkSpec& wanted) {
  std::vector<std::string> lines;
  for (const Step& step : plan(running, wanted)) {
    for (const PlanLine& line : step.lines) {
      lines.push_back(line.text + (line.disturbs ? " !" : ""));
    }
  }
  return lines;
}

PortSpec access_port(const std::string& name, VlanId vid) {
  PortSpec spec = port_named(name);
  spec.rule.vlan.mode = PortMode::access;
  spec.rule.vlan.pvid = vid;
  return spec;
}

TEST(Plan, LeadsFromAnyNetworkToAnyOther) {
  for (unsigned seed = 0; seed < 5000; ++seed) {
    SpecMaker maker(seed);
    const NetworkSpec running = maker.network();
    const NetworkSpec wanted = maker.network();
    Model model(running);
    model.take(plan(running, wanted));
    ASSERT_EQ(model.network(), wanted)
        << "seed " << seed << "\nwanted " << to_json(wanted, Format::minimal) << "\ngot "
        << to_json(model.network(), Format::minimal);
    ASSERT_TRUE(plan(wanted, wanted).empty()) << "seed " << seed;
  }
}

TEST(Plan, WhatADocumentSaysIsReadBackFromIt) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const NetworkSpec network = SpecMaker(seed).network();
    for (const Format format : {Format::minimal, Format::full}) {
      const Json document = to_json(network, format);
      Reading reading = read_document(document);
      ASSERT_TRUE(reading.mistakes.empty())
          << "seed " << seed << ": " << reading.mistakes.front().field << ": "
          << reading.mistakes.front().problem << "\n"
          << document;
      ASSERT_EQ(reading.network, network) << "seed " << seed << ": " << document;
    }
  }
}

TEST(Plan, MergingADocumentIntoItselfChangesNothing) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const NetworkSpec network = SpecMaker(seed).network();
    const Reading reading = read_document(to_json(network, Format::minimal), network);
    ASSERT_TRUE(plan(network, reading.network).empty()) << "seed " << seed;
  }
}

TEST(Plan, IsToldToPeople) {
  const NetworkSpec running = network_of({access_port("alice", 10), port_named("carol")});
  const NetworkSpec wanted = network_of({access_port("alice", 20), port_named("bob")});
  EXPECT_EQ(
      lines_of(running, wanted),
      (std::vector<std::string>{"+ port bob", "~ vlan of alice: 10 -> 20 !", "- port carol !"}));
}

TEST(Plan, TellsEachMemberThatDiffers) {
  PortSpec port = port_named("alice");
  port.description = "the first";
  tap_of(port).mtu = 9000;
  port.rule.vlan.native_tagged = true;
  port.rule.flood.broadcast = false;
  EXPECT_EQ(lines_of(network_of({port_named("alice")}), network_of({port})),
            (std::vector<std::string>{"~ mtu of alice: as it is -> 9000 !",
                                      "~ vlan.native_tagged of alice: false -> true !",
                                      "~ flood.broadcast of alice: true -> false",
                                      "~ description of alice: \"\" -> the first"}));
}

TEST(Plan, WhatAnOpenTapCannotChangeReplacesIt) {
  PortSpec wide = port_named("alice");
  tap_of(wide).queues = 2;
  const auto steps = plan(network_of({port_named("alice")}), network_of({wide}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(std::get<RemovePort>(steps[0].action).is_replaced);
  EXPECT_EQ(steps[0].lines[0], (PlanLine{"- port alice", true}));
  EXPECT_EQ(steps[1].lines[0], (PlanLine{"+ port alice", true}));
}

TEST(Plan, PortThatNobodyNeedsGoesLast) {
  const auto steps = plan(network_of({port_named("alice")}), network_of({port_named("bob")}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<AddPort>(steps[0].action));
  EXPECT_TRUE(std::holds_alternative<RemovePort>(steps[1].action));
}

// Another change may be refused; then they have lost nothing.
TEST(Plan, PortsThatLoseFramesChangeLast) {
  PortSpec unplugged = access_port("alice", 1);
  unplugged.has_carrier = false;
  PortSpec slow = access_port("bob", 1);
  slow.conditions.out.delay = std::chrono::milliseconds(5);
  const auto lines = lines_of(
      network_of({access_port("alice", 1), access_port("bob", 1), access_port("carol", 1)}),
      network_of({unplugged, slow, access_port("carol", 20)}));
  EXPECT_EQ(lines.front(), "~ vlan of carol: 1 -> 20 !");
  EXPECT_EQ(lines.size(), 3U);
}

// With the old and the new at a time there would be a ring.
TEST(Plan, PatchesThatGoDoSoFirst) {
  const auto patched = [](const std::string& one, const std::string& other) {
    NetworkSpec network;
    for (const auto& [home, name, peer] :
         {std::tuple("sw0", one, other), std::tuple("sw1", other, one)}) {
      PortSpec port;
      port.name = name;
      port.far_end = PatchSpec{.peer = peer};
      network.switches[home].name = home;
      network.switches[home].ports.push_back(port);
    }
    return network;
  };
  const auto steps = plan(patched("a", "b"), patched("c", "d"));
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<RemovePort>(steps[0].action));
  EXPECT_TRUE(std::holds_alternative<RemovePort>(steps[1].action));
  EXPECT_TRUE(std::holds_alternative<AddPort>(steps[2].action));
}

TEST(Plan, WhatHasTheNameOfAPatchsOtherEndGoesFirst) {
  PortSpec patch;
  patch.name = "bob";
  patch.far_end = PatchSpec{.peer = "alice"};
  const auto steps = plan(network_of({port_named("alice")}), network_of({patch}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<RemovePort>(steps[0].action));
}

TEST(Plan, StaticEntriesWithoutEffectAreNamed) {
  PortSpec alice = port_named("alice");
  alice.rule.vlan.allowed = *VlanSet::parse("10,20");
  NetworkSpec running = network_of({alice});
  const auto on_alice = [](VlanId vlan) {
    return StaticEntry{.vlan = vlan, .mac = MacAddress(0x0200'0000'0001), .port = "alice"};
  };
  running.switches["sw0"].static_entries = {on_alice(10), on_alice(20)};
  NetworkSpec wanted = running;
  wanted.switches["sw0"].ports[0].rule.vlan.allowed = *VlanSet::parse("10,30");
  wanted.switches["sw0"].static_entries.push_back(on_alice(40));
  const auto steps = plan(running, wanted);
  ASSERT_EQ(steps.size(), 2U);
  ASSERT_EQ(steps[0].lines.size(), 2U);
  EXPECT_EQ(steps[0].lines[1],
            (PlanLine{"~ station 02:00:00:00:00:01 in vlan 20 on alice stays without effect: the "
                      "VLAN is taken off",
                      true}));
  EXPECT_EQ(steps[1].lines[0].text,
            "+ station 02:00:00:00:00:01 in vlan 40 on alice, without effect: the port has not "
            "that VLAN");
  const auto back = plan(wanted, running);
  EXPECT_EQ(back[1].lines[1].text, "~ station 02:00:00:00:00:01 in vlan 20 on alice leads again");
}

TEST(Plan, ManyStaticEntriesWithoutEffectAreCounted) {
  PortSpec alice = port_named("alice");
  NetworkSpec running = network_of({alice});
  for (std::uint64_t i = 1; i <= most_named + 5; ++i) {
    running.switches["sw0"].static_entries.push_back(
        {.vlan = 20, .mac = MacAddress(0x0200'0000'0000 + i), .port = "alice"});
  }
  NetworkSpec wanted = running;
  wanted.switches["sw0"].ports[0].rule.vlan.allowed = *VlanSet::parse("10");
  const auto steps = plan(running, wanted);
  ASSERT_EQ(steps.size(), 1U);
  ASSERT_EQ(steps[0].lines.size(), 1 + most_named + 1);
  EXPECT_EQ(steps[0].lines.back().text, "~ ... and 5 more stations on alice");
}

TEST(Plan, PortWhoseInterfaceIsNeededGoesFirst) {
  PortSpec heir = port_named("bob");
  tap_of(heir).interface = "alice";
  const auto steps = plan(network_of({port_named("alice")}), network_of({heir}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(std::get<RemovePort>(steps[0].action).is_replaced);
}

TEST(Plan, FullSwitchMakesRoomFirst) {
  std::vector<PortSpec> ports;
  for (std::size_t i = 0; i < max_ports; ++i) {
    ports.push_back(port_named("p" + std::to_string(i)));
  }
  const auto steps = plan(network_of(ports), network_of({port_named("new")}));
  EXPECT_TRUE(std::holds_alternative<RemovePort>(steps.front().action));
  EXPECT_TRUE(std::holds_alternative<AddPort>(steps.back().action));
}

}  // namespace plan_test
}  // namespace tapswitch::config
