// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/params.hpp"

#include <gtest/gtest.h>

namespace tapswitch::rpc {

namespace params_test {

const Json params = {{"name", "alice"}, {"mtu", 1500}, {"up", false}, {"native", nullptr}};

TEST(Params, MemberThatIsThereIsRead) {
  EXPECT_EQ(optional_text(params, "name"), "alice");
  EXPECT_EQ(optional_integer(params, "mtu"), 1500);
  EXPECT_EQ(optional_boolean(params, "up"), false);
  EXPECT_EQ(text_or(params, "name", "bob"), "alice");
  EXPECT_EQ(integer_or(params, "mtu", 9000), 1500);
  EXPECT_EQ(boolean_or(params, "up", true), false);
}

TEST(Params, MemberThatIsMissingIsWhatTheCallerSays) {
  EXPECT_EQ(optional_text(params, "x"), std::nullopt);
  EXPECT_EQ(optional_integer(params, "x"), std::nullopt);
  EXPECT_EQ(optional_boolean(params, "x"), std::nullopt);
  EXPECT_EQ(text_or(params, "x", "bob"), "bob");
  EXPECT_EQ(integer_or(params, "x", 9000), 9000);
  EXPECT_EQ(boolean_or(params, "x", true), true);
}

TEST(Params, MemberThatIsNullIsThere) {
  ASSERT_NE(find_member(params, "native"), nullptr);
  EXPECT_TRUE(find_member(params, "native")->is_null());
  EXPECT_EQ(find_member(params, "x"), nullptr);
}

}  // namespace params_test

}  // namespace tapswitch::rpc
