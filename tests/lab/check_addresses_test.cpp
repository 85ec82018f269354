// SPDX-License-Identifier: Apache-2.0
#include "control/lab/check_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace check_addresses_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* two_nodes = R"({"alice": {}, "bob": {}})";

TEST(CheckAddresses, AddressTwiceOnASwitchIsTold) {
  EXPECT_THAT(
      mistakes_of(two_nodes,
                  R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"]},
                              {"ends": ["sw0", "bob:eth0"], "addresses": ["10.0.0.1/16"]}])"),
      ElementsAre("/links/1/addresses/0: alice:eth0 has the address '10.0.0.1/16' already"));
}

TEST(CheckAddresses, InterfacesOfNodesCountToo) {
  EXPECT_THAT(mistakes_of(R"({"alice": {"interfaces": {"eth0": {"addresses": ["fd00::1/64"]}}},
                              "bob": {"interfaces": {"eth0": {"addresses": ["fd00:0::1/64"]}}}})",
                          R"([{"ends": ["alice:eth0", "bob:eth0"]}])"),
              ElementsAre("/nodes/bob/interfaces/eth0/addresses/0: alice:eth0 has the address "
                          "'fd00:0::1/64' already"));
}

TEST(CheckAddresses, PortsOfSwitchesCountToo) {
  Json document =
      document_of(two_nodes, R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"]}])");
  document["switches"]["sw0"]["ports"]["host"]["addresses"] = {"10.0.0.1/24"};
  EXPECT_THAT(mistakes_of(document),
              ElementsAre("/switches/sw0/ports/host/addresses/0: alice:eth0 has the address "
                          "'10.0.0.1/24' already"));
}

TEST(CheckAddresses, SwitchesThatAreJoinedAreOneNetwork) {
  constexpr const char* links =
      R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"]},
          {"ends": ["bob:eth0", "sw1"], "addresses": ["10.0.0.1/24"]},
          {"ends": ["sw1", "sw0"]}])";
  EXPECT_THAT(mistakes_of(two_nodes, links), ::testing::SizeIs(1));
}

TEST(CheckAddresses, StationsThatNeverMeetMayHaveOneAddress) {
  EXPECT_THAT(mistakes_of(two_nodes,
                          R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"]},
                              {"ends": ["bob:eth0", "sw1"], "addresses": ["10.0.0.1/24"]}])"),
              IsEmpty());
  EXPECT_THAT(mistakes_of(two_nodes,
                          R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
                               "vlan": {"mode": "access", "pvid": 10}},
                              {"ends": ["bob:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
                               "vlan": {"mode": "access", "pvid": 20}}])"),
              IsEmpty());
}

TEST(CheckAddresses, StationsMeetByTheVlanThatTheyHaveUntagged) {
  EXPECT_THAT(mistakes_of(two_nodes,
                          R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
                               "vlan": {"mode": "access", "pvid": 10}},
                              {"ends": ["bob:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
                               "vlan": {"mode": "trunk", "native": 10, "allowed": [20]}}])"),
              ::testing::SizeIs(1));
}

TEST(CheckAddresses, PortThatIsWronglyWrittenIsInTheDefaultVlan) {
  EXPECT_THAT(mistakes_of(two_nodes,
                          R"([{"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.0.1/24"],
                               "vlan": {"mode": 5}},
                              {"ends": ["bob:eth0", "sw1"], "addresses": ["10.0.0.1/24"]}])"),
              ::testing::SizeIs(1));
}

TEST(CheckAddresses, MacTwiceIsTold) {
  EXPECT_THAT(mistakes_of(two_nodes,
                          R"([{"ends": ["alice:eth0", "sw0"], "mac": "02:00:00:00:00:0a"},
                              {"ends": ["bob:eth0", "sw1"], "mac": "02-00-00-00-00-0A"}])"),
              ElementsAre("/links/1/mac: alice:eth0 has the address '02:00:00:00:00:0a' already"));
}

}  // namespace check_addresses_test
}  // namespace tapswitch::lab
