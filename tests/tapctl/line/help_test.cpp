// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/help.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/api/methods.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/tapctl/line/option.hpp"

namespace tapswitch::tapctl {
namespace help_test {

using testing::HasSubstr;

std::string answer_to(const std::vector<std::string>& words) {
  return std::get<Answer>(parse_arguments(words, api::methods()).request).text;
}

TEST(Help, IsOfTapctlOfANounAndOfAVerb) {
  EXPECT_THAT(answer_to({"--help"}), HasSubstr("Examples:"));
  EXPECT_THAT(answer_to({"port", "--help"}), HasSubstr("Usage: tapctl port VERB"));
  EXPECT_THAT(answer_to({"port", "add", "--help"}), HasSubstr("Usage: tapctl port add NAME"));
  EXPECT_THAT(answer_to({"trace", "-h"}), HasSubstr("Usage: tapctl trace PORT DST"));
  EXPECT_THAT(answer_to({"call", "--help"}), HasSubstr("Usage: tapctl call METHOD"));
}

TEST(Help, CanBeAskedForWithAWordToo) {
  EXPECT_EQ(answer_to({"help"}), answer_to({"--help"}));
  EXPECT_EQ(answer_to({"help", "port"}), answer_to({"port", "--help"}));
  EXPECT_EQ(answer_to({"help", "port", "add"}), answer_to({"port", "add", "--help"}));
}

TEST(Help, VersionIsTold) {
  EXPECT_THAT(answer_to({"--version"}), HasSubstr("tapctl "));
  EXPECT_THAT(answer_to({"version"}), HasSubstr("tapctl "));
}

TEST(Help, TellsEveryOptionOfEveryMethod) {
  for (const rpc::Method& method : api::methods()) {
    const std::string help = method_help(method);
    EXPECT_THAT(help, HasSubstr(method.summary.substr(0, 60)));
    for (const Option& option : options_of(method)) {
      // Wrapped at 80 columns, a description stands there at least with its beginning.
      EXPECT_THAT(help, HasSubstr(option.description.substr(0, 20))) << method.name;
    }
  }
}

TEST(Help, TellsWhatIsAllowedAndTheDefault) {
  EXPECT_THAT(answer_to({"port", "set", "--help"}),
              HasSubstr("  --mtu N\n        the MTU of the interface in bytes (68..65521)\n"));
  EXPECT_THAT(answer_to({"port", "add", "--help"}),
              HasSubstr("--ethertype 0x88a8|0x8100|0x9100|0x9200\n"));
  EXPECT_THAT(answer_to({"switch", "add", "--help"}), HasSubstr("default: 300\n"));
}

TEST(Help, TellsWhatAnOptionIsForEachKindOfPort) {
  const std::string help = answer_to({"port", "add", "--help"});
  EXPECT_THAT(help, HasSubstr("(tap, veth) the interface,"));
  EXPECT_THAT(help, HasSubstr("(interface) the interface, which must exist"));
  EXPECT_THAT(help, HasSubstr("(qemu) where the port listens"));
  // A default that depends on the mode is none of the option's.
  EXPECT_THAT(help,
              HasSubstr("come in; one that has only a priority counts as untagged\n  --native"));
  EXPECT_THAT(help, HasSubstr("  --worker N\n        the worker that receives"));  // of any kind
}

TEST(Help, ValueIsCalledByItsShape) {
  const std::string help = answer_to({"port", "add", "--help"});
  EXPECT_THAT(help, HasSubstr("  --vlan VLAN_ID\n"));
  EXPECT_THAT(help, HasSubstr("  --native VLAN_ID|none\n"));
  EXPECT_THAT(help, HasSubstr("  --trunk VLAN_SET|VLAN_ID,...\n"));
  EXPECT_THAT(help, HasSubstr("  --mac MAC\n"));
  EXPECT_THAT(help, HasSubstr("  --owner N|TEXT\n"));
  EXPECT_THAT(help, HasSubstr("  --switch NAME\n"));
  EXPECT_THAT(answer_to({"trace", "--help"}), HasSubstr("  --frame HEX|JSON\n"));
}

TEST(Help, NoValueIsJustCalledValue) {
  for (const rpc::Method& method : api::methods()) {
    EXPECT_THAT(method_help(method), testing::Not(HasSubstr(" VALUE"))) << method.name;
  }
}

TEST(Help, WhatMayBeLeftOutStandsInBrackets) {
  EXPECT_THAT(answer_to({"stats", "get", "--help"}),
              HasSubstr("Usage: tapctl stats get [PORT] [OPTION]...\n"));
}

TEST(Help, RequiredOptionStandsInTheUsage) {
  EXPECT_THAT(answer_to({"fdb", "add", "--help"}),
              HasSubstr("Usage: tapctl fdb add MAC --vlan VLAN_ID --port NAME [OPTION]...\n"));
}

TEST(Help, LinesFitATerminal) {
  std::string help = answer_to({"--help"});
  for (const rpc::Method& method : api::methods()) {
    help += method_help(method);
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace help_test
}  // namespace tapswitch::tapctl
