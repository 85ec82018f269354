// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/closest_names.hpp"

#include <gtest/gtest.h>

namespace tapswitch::rpc {

namespace closest_names_test {

using Names = std::vector<std::string>;

const Names methods{"port.add", "port.get", "port.set", "port.list", "port.remove", "fdb.list"};

TEST(ClosestNames, SlipsAreForgivenAccordingToLength) {
  struct Case {
    const char* wanted;
    Names expected;
  };
  const Case cases[] = {
      {"port.lst", {"port.list"}},             // one missing
      {"port.llist", {"port.list"}},           // one too many
      {"pvdi", {}},                            // nothing like it
      {"prot.remove", {"port.remove"}},        // two swapped
      {"port.remvoe", {"port.remove"}},        //
      {"fbd.list", {"fdb.list"}},              //
      {"Port.Remove", {"port.remove"}},        // two others
      {"port.xet", {"port.get", "port.set"}},  // as near as each other
      {"xyz", {}},
      {"", {}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(closest_names(each.wanted, methods), each.expected) << each.wanted;
  }
  EXPECT_EQ(closest_names("pvdi", {"pvid", "mode"}), Names{"pvid"});
}

TEST(ClosestNames, AtMostThreeAreTold) {
  EXPECT_EQ(closest_names("aaa0", {"aaa1", "aaa2", "aaa3", "aaa4"}),
            (Names{"aaa1", "aaa2", "aaa3"}));
}

TEST(ClosestNames, NameThatSharesNothingWithWhatWasWantedIsNotTold) {
  EXPECT_EQ(closest_names("x", {"a", "ab"}), Names{});
}

TEST(ClosestNames, VeryLongNameCostsNothing) {
  EXPECT_EQ(closest_names(std::string(1 << 20, 'p'), methods), Names{});
}

}  // namespace closest_names_test

}  // namespace tapswitch::rpc
