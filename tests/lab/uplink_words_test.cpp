// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/uplink.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace uplink_words_test {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A lab whose uplink serves alice, as 'settings' say.
LabSpec lab_with(const std::string& settings) {
  const std::string nodes = R"({"alice": {}, "uplink": {"kind": "nat")" + settings + "}}";
  return lab_of(nodes.c_str(), R"([{"ends": ["uplink:eth0", "sw0"]},
                                   {"ends": ["alice:eth0", "sw0"], "mac": "02:00:00:00:00:0a"}])");
}

std::vector<std::string> words_of(const LabSpec& lab, const char* process,
                                  bool is_rootless = false) {
  Outside outside;
  return uplink_words({.lab = lab,
                       .node = lab.nodes.at("uplink"),
                       .directory = "/labs/test",
                       .is_rootless = is_rootless},
                      process, outside);
}

// Returns what stands behind 'option'.
std::string value_of(const std::vector<std::string>& words, const std::string& option) {
  const auto found = std::find(words.begin(), words.end(), option);
  return found == words.end() ? "" : *std::next(found);
}

TEST(UplinkWords, AddressesAndNamesAreThoseOfTheLab) {
  const auto words = words_of(lab_with(""), "dnsmasq");
  EXPECT_THAT(words, Contains("--dhcp-host=02:00:00:00:00:0a,10.0.2.15"));
  EXPECT_THAT(words, Contains("--host-record=alice.,10.0.2.15"));
  EXPECT_THAT(words, Contains("--host-record=uplink.,10.0.2.2"));
  EXPECT_THAT(words, Contains("--dhcp-range=10.0.2.15,10.0.2.254,255.255.255.0,12h"));
  EXPECT_THAT(words, Contains("--dhcp-range=fd00::,ra-only"));
  EXPECT_THAT(words, Contains("--dhcp-leasefile=/labs/test/uplink.leases"));
  EXPECT_THAT(words, Contains("--user=nobody"));
}

TEST(UplinkWords, WithoutRootThereIsNobodyElse) {
  EXPECT_THAT(words_of(lab_with(""), "dnsmasq", true), Contains("--user=root"));
}

TEST(UplinkWords, ServersOfTheFileAreAskedInsteadOfTheMachines) {
  EXPECT_THAT(words_of(lab_with(R"(, "dns": ["192.0.2.53", "2001:db8::53"])"), "dnsmasq"),
              Contains("--server=2001:db8::53"));
  EXPECT_THAT(words_of(lab_with(R"(, "dns": [])"), "dnsmasq"),
              Not(Contains(StartsWith("--server"))));
}

TEST(UplinkWords, PastaForwardsWhatIsSaidAndNothingElse) {
  const auto none = words_of(lab_with(""), "pasta");
  for (const char* option : {"--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"}) {
    EXPECT_EQ(value_of(none, option), "none") << option;
  }
  EXPECT_EQ(value_of(none, "--netns"), "/run/netns/test-uplink");
  // Some port of the machine that nobody has: 0 would be any, which no file can say.
  const auto some = words_of(
      lab_with(R"(, "forward": ["udp:127.0.0.1:28923:alice:53", "udp:28924:alice:54"])"), "pasta");
  EXPECT_EQ(std::count(some.begin(), some.end(), "--udp-ports"), 2);
  EXPECT_EQ(value_of(some, "--udp-ports"), "127.0.0.1/28923");
  EXPECT_EQ(value_of(some, "--tcp-ports"), "none");
}

TEST(UplinkWords, WithoutIpv6PastaHasNone) {
  EXPECT_THAT(words_of(lab_with(R"(, "ipv6": false)"), "pasta"), Contains("--ipv4-only"));
}

TEST(UplinkWords, ForwardsAreTranslatedWhereverTheyComeFrom) {
  const LabSpec lab = lab_with(R"(, "forward": ["tcp:8022:alice:22"])");
  const std::string rules = address_translation(lab.nodes.at("uplink").uplink).words.at(1);
  EXPECT_THAT(rules, HasSubstr("iifname outside tcp dport 8022 dnat ip to 10.0.2.15:22;"));
  EXPECT_THAT(rules, HasSubstr("ip daddr 127.0.0.1 tcp dport 8022 dnat ip to 10.0.2.15:22;"));
  EXPECT_THAT(rules, HasSubstr("oifname outside masquerade;"));
}

}  // namespace uplink_words_test
}  // namespace tapswitch::lab
