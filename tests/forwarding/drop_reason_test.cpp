// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/drop_reason.hpp"

#include <set>

#include <gtest/gtest.h>

namespace tapswitch {
namespace drop_reason_test {

TEST(DropReason, TextsStandInTheOrderOfTheReasons) {
  EXPECT_EQ(text_of(DropReason::runt).name, "runt");
  EXPECT_EQ(text_of(DropReason::vlan_not_allowed).name, "vlan_not_allowed");
  EXPECT_EQ(text_of(DropReason::no_egress).name, "no_egress");
  EXPECT_EQ(text_of(DropReason::mtu_exceeded).name, "mtu_exceeded");
  EXPECT_EQ(text_of(DropReason::port_gone).name, "port_gone");
}

TEST(DropReason, NamesAreDistinctAndDescribed) {
  std::set<std::string_view> names;
  for (const DropReasonText& text : drop_reasons) {
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_FALSE(text.description.empty()) << text.name;
    EXPECT_FALSE(text.description.ends_with('.')) << text.name;
  }
}

TEST(DropReason, ReasonsOfThePortItLeavesByAreCountedThere) {
  EXPECT_TRUE(is_counted_at_ingress(DropReason::no_egress));
  EXPECT_FALSE(is_counted_at_ingress(DropReason::mtu_exceeded));
}

}  // namespace drop_reason_test
}  // namespace tapswitch
