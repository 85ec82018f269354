// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/wireshark/extcap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace extcap_test {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = ExtcapRequest::Kind;

TEST(Extcap, NamesOfInterfacesLeadToDaemonAndPort) {
  const std::pair<const char*, Source> cases[] = {
      {"tapswitch", {}},
      {"tapswitch:alice", {.port = "alice"}},
      {"tapswitch-system", {.is_system = true}},
      {"tapswitch-system:a-b", {.is_system = true, .port = "a-b"}},
      {"tapswitch.office", {.lab = "office"}},
      {"tapswitch.my.lab:alice-eth1", {.lab = "my.lab", .port = "alice-eth1"}},
  };
  for (const auto& [name, source] : cases) {
    EXPECT_EQ(parse_source(name), source) << name;
    EXPECT_EQ(name_of(source), name);
  }
  for (const char* name : {"", "eth0", "tapswitch:", "tapswitch.", "tapswitch.a b", "tapswitch:a/b",
                           "tapswitch-systems", "tapswitch.../x:y"}) {
    EXPECT_THROW((void)parse_source(name), UsageError) << name;
  }
}

TEST(Extcap, WiresharksQuestionsAreUnderstood) {
  EXPECT_EQ(parse_extcap({"--extcap-interfaces", "--extcap-version=4.0"}).kind, Kind::interfaces);
  EXPECT_EQ(parse_extcap({"--extcap-dlts", "--extcap-interface", "tapswitch"}).kind,
            Kind::link_types);
  EXPECT_EQ(parse_extcap({"--extcap-config", "--extcap-interface", "tapswitch"}).kind,
            Kind::options);
  EXPECT_EQ(parse_extcap({}).kind, Kind::help);
  const ExtcapRequest check =
      parse_extcap({"--extcap-interface", "tapswitch", "--extcap-capture-filter", "arp"});
  EXPECT_EQ(check.kind, Kind::filter_check);
  EXPECT_EQ(check.filter, "arp");
}

TEST(Extcap, CaptureHasTheOptionsThatDifferFromNone) {
  const ExtcapRequest request =
      parse_extcap({"--capture", "--extcap-interface", "tapswitch.office:alice", "--fifo", "/tmp/f",
                    "--extcap-capture-filter", "tcp port 80", "--direction", "in", "--vlan", "10",
                    "--snaplen", "0", "--drops"});
  EXPECT_EQ(request.kind, Kind::capture);
  EXPECT_EQ(request.interface, "tapswitch.office:alice");
  EXPECT_EQ(request.fifo, "/tmp/f");
  EXPECT_EQ(request.filter, "tcp port 80");
  EXPECT_EQ(request.params, (Json{{"direction", "in"}, {"vlan", 10}, {"drops", true}}));
}

TEST(Extcap, WhatIsNotUnderstoodIsNamed) {
  const auto complaint = [](const std::vector<std::string>& arguments) -> std::string {
    try {
      (void)parse_extcap(arguments);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint({"--colour"}), HasSubstr("'--colour'"));
  EXPECT_THAT(complaint({"eth0"}), HasSubstr("'eth0'"));
  EXPECT_THAT(complaint({"--fifo"}), HasSubstr("'--fifo'"));
  EXPECT_THAT(complaint({"--capture", "--extcap-interface", "tapswitch"}), HasSubstr("--fifo"));
  EXPECT_THAT(complaint({"--capture", "--fifo", "/f"}), HasSubstr("--extcap-interface"));
  EXPECT_THAT(complaint({"--extcap-dlts", "--extcap-interface", "eth0"}), HasSubstr("'eth0'"));
  EXPECT_THAT(
      complaint({"--capture", "--fifo", "/f", "--extcap-interface", "tapswitch", "--vlan", "ten"}),
      HasSubstr("--vlan: 'ten'"));
}

TEST(Extcap, InterfacesAreListedWithTheirSwitches) {
  const Json ports = {{{"name", "alice"}, {"switch", "sw0"}}};
  EXPECT_EQ(lines_of_interfaces({.lab = "office"}, ports),
            "interface {value=tapswitch.office}{display=tapswitch lab office: all ports}\n"
            "interface {value=tapswitch.office:alice}{display=tapswitch lab office: sw0/alice}\n");
  const Json many = std::vector<Json>(201, ports[0]);
  EXPECT_THAT(lines_of_interfaces({}, many), Not(HasSubstr("alice")));
}

}  // namespace extcap_test
}  // namespace tapswitch::tapctl
