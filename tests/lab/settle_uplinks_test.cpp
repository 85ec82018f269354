// SPDX-License-Identifier: Apache-2.0
#include "control/lab/settle_uplinks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/lab/wiring.hpp"
#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace settle_uplinks_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* three_nodes = R"({"uplink": {"kind": "nat"}, "alice": {}, "bob": {}})";
constexpr const char* three_links = R"([{"ends": ["uplink:eth0", "sw0"]},
    {"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.2.15/24"]},
    {"ends": ["sw0", "bob:eth0"]}])";

std::vector<std::string> stations_of(const LabSpec& lab, const std::string& uplink = "uplink") {
  std::vector<std::string> found;
  for (const UplinkStation& station : lab.nodes.at(uplink).uplink.stations) {
    found.push_back(station.node + ' ' + station.address);
  }
  return found;
}

TEST(SettleUplinks, OneLineIsEnough) {
  const LabSpec lab = lab_of(three_nodes, three_links);
  const NodeSpec& uplink = lab.nodes.at("uplink");
  EXPECT_THAT(uplink.interfaces.at("eth0").addresses,
              ElementsAre("10.0.2.2/24", "10.0.2.3/24", "fd00::2/64", "fd00::3/64"));
  // An address that somebody has is kept, and given to nobody else.
  EXPECT_THAT(stations_of(lab), ElementsAre("alice 10.0.2.15", "bob 10.0.2.16"));
  EXPECT_EQ(uplink.uplink.stations.at(1).mac, macs_of(lab).at("bob:eth0"));
}

TEST(SettleUplinks, NodesOfItsNetworkStartAfterIt) {
  const LabSpec lab = lab_of(three_nodes, three_links);
  EXPECT_THAT(lab.nodes.at("alice").after, ElementsAre("uplink"));
  EXPECT_THAT(lab.nodes.at("bob").after, ElementsAre("uplink"));
  EXPECT_THAT(lab.nodes.at("uplink").after, IsEmpty());
}

TEST(SettleUplinks, NamespacesAskItForNames) {
  const LabSpec lab = lab_of(three_nodes, three_links);
  EXPECT_EQ(lab.nodes.at("alice").resolver, "uplink");
  EXPECT_EQ(lab.nodes.at("uplink").resolver, "");
}

TEST(SettleUplinks, WhoHasAnAddressInItsSubnetHasItsRoute) {
  const LabSpec lab = lab_of(three_nodes, three_links);
  EXPECT_THAT(lab.nodes.at("alice").routes, ElementsAre("default via 10.0.2.2"));
  // The other is told by DHCP.
  EXPECT_THAT(lab.nodes.at("bob").routes, IsEmpty());
}

TEST(SettleUplinks, RouteOfTheFileIsStronger) {
  const LabSpec lab = lab_of(R"({"uplink": {"kind": "nat"},
                                 "alice": {"routes": ["default via 10.0.2.20"]},
                                 "bob": {"routes": ["default via fd00::9", "10.1.0.0/16 dev eth0"]}})",
                             R"([{"ends": ["uplink:eth0", "sw0"]},
                                 {"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.2.30/24"]},
                                 {"ends": ["bob:eth0", "sw0"], "addresses": ["10.0.2.31/24"]}])");
  EXPECT_THAT(lab.nodes.at("alice").routes, ElementsAre("default via 10.0.2.20"));
  EXPECT_THAT(lab.nodes.at("bob").routes, Contains("default via 10.0.2.2"));
}

TEST(SettleUplinks, OtherNetworksAreLeftAlone) {
  const LabSpec lab = lab_of(three_nodes, R"([
      {"ends": ["uplink:eth0", "sw0"], "vlan": {"mode": "access", "pvid": 10}},
      {"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.2.20/24"]},
      {"ends": ["sw1", "bob:eth0"]}])");
  EXPECT_THAT(stations_of(lab), IsEmpty());
  EXPECT_THAT(lab.nodes.at("alice").routes, IsEmpty());
  EXPECT_EQ(lab.nodes.at("alice").resolver, "");
}

TEST(SettleUplinks, SwitchesThatAreJoinedAreOneNetwork) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["uplink:eth0", "sw0"]},
      {"ends": ["sw0", "sw1"]}, {"ends": ["alice:eth0", "sw1"]}, {"ends": ["bob:eth0", "sw1"]}])");
  EXPECT_THAT(stations_of(lab), ElementsAre("alice 10.0.2.15", "bob 10.0.2.16"));
}

TEST(SettleUplinks, NodeMayBeLinkedWithItDirectly) {
  const LabSpec lab = lab_of(R"({"uplink": {"kind": "nat"}, "alice": {}})",
                             R"([{"ends": ["uplink:eth0", "alice:eth0"]}])");
  EXPECT_THAT(stations_of(lab), ElementsAre("alice 10.0.2.15"));
}

TEST(SettleUplinks, SubnetAndPrefixAreItsOwn) {
  const LabSpec lab =
      lab_of(R"({"uplink": {"kind": "nat", "subnet": "172.30.0.0/27", "ipv6": "fd12:3::/64"}})",
             R"([{"ends": ["uplink:eth0", "sw0"]}])");
  EXPECT_THAT(lab.nodes.at("uplink").interfaces.at("eth0").addresses,
              ElementsAre("172.30.0.2/27", "172.30.0.3/27", "fd12:3::2/64", "fd12:3::3/64"));
  const LabSpec without = lab_of(R"({"uplink": {"kind": "nat", "ipv6": false}})",
                                 R"([{"ends": ["uplink:eth0", "sw0"]}])");
  EXPECT_THAT(without.nodes.at("uplink").interfaces.at("eth0").addresses,
              ElementsAre("10.0.2.2/24", "10.0.2.3/24"));
}

TEST(SettleUplinks, WhoGetsAnUplinkIsAnotherNode) {
  const auto definition = [](const char* links) {
    return lab_of(three_nodes, links).nodes.at("alice").definition;
  };
  EXPECT_NE(definition(three_links), definition(R"([{"ends": ["uplink:eth0", "sw1"]},
      {"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.2.15/24"]}])"));
}

TEST(SettleUplinks, MistakesAreToldTogether) {
  EXPECT_THAT(
      mistakes_of(R"({"uplink": {"kind": "nat", "subnet": "10.0.2.9/24", "ipv6": "fd00::/48",
                                         "dns": ["localhost"], "forward": ["22"], "after": []}})",
                  R"([{"ends": ["uplink:eth0", "sw0"], "addresses": ["10.0.2.9/24"]}])"),
      UnorderedElementsAre(HasSubstr("/subnet: "), HasSubstr("/ipv6: "), HasSubstr("/dns/0: "),
                           HasSubstr("/forward/0: "), HasSubstr("/after: "),
                           HasSubstr("/links/0/addresses: ")));
}

TEST(SettleUplinks, SubnetThatIsTooSmallIsTold) {
  EXPECT_THAT(mistakes_of(R"({"uplink": {"kind": "nat", "subnet": "10.0.2.0/28"}})",
                          R"([{"ends": ["uplink:eth0", "sw0"]}])"),
              ElementsAre(HasSubstr("/nodes/uplink/subnet: ")));
}

TEST(SettleUplinks, MoreNodesThanAddressesAreTold) {
  Json nodes = {{"uplink", {{"kind", "nat"}, {"subnet", "10.0.2.0/27"}}}};
  Json links = {{{"ends", {"uplink:eth0", "sw0"}}}};
  for (int i = 0; i < 17; ++i) {
    const std::string name = "n" + std::to_string(i);
    nodes[name] = Json::object();
    links.push_back({{"ends", {name + ":eth0", "sw0"}}});
  }
  EXPECT_THAT(mistakes_of(nodes.dump().c_str(), links.dump().c_str()),
              ElementsAre("/nodes/uplink/subnet: 10.0.2.0/27 has no address for each of 17 "
                          "interfaces"));
}

TEST(SettleUplinks, AddressOfItsOwnIsNobodyElses) {
  EXPECT_THAT(
      mistakes_of(three_nodes, R"([{"ends": ["uplink:eth0", "sw0"]},
                  {"ends": ["alice:eth0", "sw0"], "addresses": ["10.0.2.2/24"]},
                  {"ends": ["bob:eth0", "sw0"], "addresses": ["10.0.2.3/24"]}])"),
      ElementsAre("/links/1/addresses/0: uplink:eth0 has the address '10.0.2.2/24' already",
                  "/links/2/addresses/0: uplink:eth0 has the address '10.0.2.3/24' already"));
}

TEST(SettleUplinks, LinkOfItHasNoAddresses) {
  EXPECT_THAT(mistakes_of(R"({"uplink": {"kind": "nat"}})",
                          R"([{"ends": ["uplink:eth0", "sw0"], "addresses": ["10.0.2.9/24"]}])"),
              ElementsAre("/links/0/addresses: an uplink has the addresses of its \"subnet\""));
}

TEST(SettleUplinks, ItHasOneLink) {
  EXPECT_THAT(mistakes_of(R"({"uplink": {"kind": "nat"}})", "[]"),
              ElementsAre("/nodes/uplink: has 0 links"));
  EXPECT_THAT(
      mistakes_of(R"({"uplink": {"kind": "nat"}})",
                  R"([{"ends": ["uplink:eth0", "sw0"]}, {"ends": ["uplink:eth1", "sw1"]}])"),
      ElementsAre("/nodes/uplink: has 2 links"));
}

TEST(SettleUplinks, TwoOnOneNetworkAreTold) {
  constexpr const char* two = R"({"first": {"kind": "nat"},
                                  "second": {"kind": "nat", "subnet": "10.0.3.0/24", "ipv6": false}})";
  EXPECT_THAT(
      mistakes_of(two, R"([{"ends": ["first:eth0", "sw0"]}, {"ends": ["second:eth0", "sw0"]}])"),
      ElementsAre("/nodes/second: 'first' is an uplink of the same network"));
  EXPECT_THAT(
      mistakes_of(two, R"([{"ends": ["first:eth0", "sw0"]}, {"ends": ["second:eth0", "sw1"]}])"),
      IsEmpty());
}

TEST(SettleUplinks, ForwardLeadsToANodeOfItsNetwork) {
  EXPECT_THAT(
      mistakes_of(R"({"uplink": {"kind": "nat", "forward":
                        ["tcp:8022:alcie:22", "tcp:8023:bob:22", "udp:53:alice:53", "tcp:53:alice:53",
                         "tcp:0.0.0.0:53:alice:54"]},
                      "alice": {}, "bob": {}})",
                  R"([{"ends": ["uplink:eth0", "sw0"]}, {"ends": ["alice:eth0", "sw0"]},
                      {"ends": ["bob:eth0", "sw1"]}])"),
      ElementsAre("/nodes/uplink/forward/0: there is no node 'alcie'; did you mean 'alice'?",
                  "/nodes/uplink/forward/1: 'bob' has no address on the network of 'uplink'",
                  "/nodes/uplink/forward/4: tcp port 53 is forwarded already"));
}

TEST(SettleUplinks, NamesThatDnsTakesForOneAreTold) {
  EXPECT_THAT(mistakes_of(R"({"uplink": {"kind": "nat"}, "web": {}, "Web": {}})",
                          R"([{"ends": ["uplink:eth0", "sw0"]}, {"ends": ["Web:eth0", "sw0"]},
                              {"ends": ["web:eth0", "sw0"]}])"),
              ElementsAre("/nodes/web: to DNS it is one name with 'Web'"));
}

TEST(SettleUplinks, NamesThatDnsDoesNotKnowAreTold) {
  for (const char* name : {".a", "a.", "a..b", "192.0.2.7"}) {
    const Json nodes = {{"uplink", {{"kind", "nat"}}}, {name, Json::object()}};
    const Json links = {{{"ends", {"uplink:eth0", "sw0"}}},
                        {{"ends", {std::string(name) + ":eth0", "sw0"}}}};
    EXPECT_THAT(mistakes_of(nodes.dump().c_str(), links.dump().c_str()),
                ElementsAre("/nodes/" + std::string(name) + ": to DNS it is no name"));
  }
  EXPECT_THAT(mistakes_of(R"({"uplink": {"kind": "nat"}, "10": {}, "a.b": {}, "_x": {}})",
                          R"([{"ends": ["uplink:eth0", "sw0"]}, {"ends": ["10:eth0", "sw0"]},
                              {"ends": ["a.b:eth0", "sw0"]}, {"ends": ["_x:eth0", "sw0"]}])"),
              IsEmpty());
}

TEST(SettleUplinks, ProgramsThatItNeedsAreNamedWithTheirPackages) {
  const Reading reading = read_lab(
      document_of(R"({"uplink": {"kind": "nat"}})", R"([{"ends": ["uplink:eth0", "sw0"]}])"),
      "test");
  std::vector<std::string> found;
  for (const Need& need : reading.needs) {
    found.push_back(need.text + ' ' + need.package);
  }
  EXPECT_THAT(found,
              ElementsAre("pasta passt", "nft nftables", "dnsmasq dnsmasq-base", "ip iproute2"));
}

}  // namespace settle_uplinks_test
}  // namespace tapswitch::lab
