// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/node_ports.hpp"

#include <gtest/gtest.h>

#include "control/lab/wiring.hpp"
#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace node_ports_test {

class NodePortsTest : public ::testing::Test {
 protected:
  const LabSpec lab_ = lab_of(
      R"({"a": {}, "b": {}, "c": {}, "vm": {"kind": "vm", "kernel": "k"}})",
      R"([{"ends": ["a:eth0", "sw0"]}, {"ends": ["b:eth0", "sw0"]}, {"ends": ["c:eth0", "sw0"]},
          {"ends": ["vm:eth0", "sw0"]}, {"ends": ["a:eth1", "b:eth1"]}])");
  const Json whole_ = without_ports_of(lab_, with_settings(), {});

 private:
  [[nodiscard]] Json with_settings() const {
    Json document = wire(lab_, "/lab").document;
    Json& home = document["switches"]["sw0"];
    home["fdb"]["static"] = {{{"mac", "02:00:00:00:00:0a"}, {"vlan", 1}, {"port", "a-eth0"}},
                             {{"mac", "02:00:00:00:00:0c"}, {"vlan", 1}, {"port", "c"}}};
    home["mirrors"]["m"] = {{"from_port", {"a-eth0", "b-eth0"}}, {"to_port", "c"}};
    return document;
  }
};

TEST_F(NodePortsTest, PortsOfANodeGoWithWhatIsAboutThem) {
  const Json left = without_ports_of(lab_, whole_, {"a"});
  const Json& home = left["switches"]["sw0"];
  EXPECT_FALSE(home["ports"].contains("a-eth0"));
  EXPECT_TRUE(home["ports"].contains("b-eth0"));
  EXPECT_FALSE(left["switches"]["wire.a-eth1"]["ports"].contains("a-eth1"));
  EXPECT_TRUE(left["switches"]["wire.a-eth1"]["ports"].contains("b-eth1"));
  EXPECT_EQ(home["fdb"]["static"].size(), 1U);
  EXPECT_EQ(home["mirrors"]["m"]["from_port"], Json::array({"b-eth0"}));
}

TEST_F(NodePortsTest, MirrorGoesWithItsDestination) {
  const Json left = without_ports_of(lab_, whole_, {"c"});
  EXPECT_FALSE(left["switches"]["sw0"].contains("mirrors"));
}

TEST_F(NodePortsTest, PortOfAMachineStays) {
  EXPECT_EQ(without_ports_of(lab_, whole_, {"vm"}), whole_);
}

TEST_F(NodePortsTest, WhatWentComesAgain) {
  for (const std::set<std::string>& nodes :
       {std::set<std::string>{"a"}, {"b"}, {"c"}, {"a", "c"}, {"a", "b", "c"}}) {
    const Json left = without_ports_of(lab_, whole_, nodes);
    EXPECT_EQ(with_ports_of(lab_, left, whole_, nodes), whole_);
  }
}

TEST_F(NodePortsTest, PortsOfOthersStayAsTheyAre) {
  Json running = whole_;
  running["switches"]["sw0"]["ports"]["b-eth0"]["carrier"] = false;
  running["switches"]["sw0"]["ports"]["a-eth0"]["mtu"] = 1400;
  Json expected = whole_;
  expected["switches"]["sw0"]["ports"]["b-eth0"]["carrier"] = false;
  EXPECT_EQ(with_ports_of(lab_, running, whole_, {"a"}), expected);
}

TEST_F(NodePortsTest, MirrorToANodeThatIsMissingIsNotPutIn) {
  const Json left = without_ports_of(lab_, whole_, {"a", "c"});
  const Json some = with_ports_of(lab_, left, whole_, {"a"});
  EXPECT_TRUE(some["switches"]["sw0"]["ports"].contains("a-eth0"));
  EXPECT_FALSE(some["switches"]["sw0"].contains("mirrors"));
}

}  // namespace node_ports_test
}  // namespace tapswitch::lab
