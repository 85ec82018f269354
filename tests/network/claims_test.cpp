// SPDX-License-Identifier: Apache-2.0
#include "control/network/claims.hpp"

#include <gtest/gtest.h>

#include <string>

#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace claims_test {

config::FarEnd tap(const std::string& interface) {
  config::TapSpec end;
  end.interface = interface;
  return end;
}

config::FarEnd patch_to(const std::string& peer) {
  config::PatchSpec end;
  end.peer = peer;
  return end;
}

TEST(Claims, ClaimOfOnePortIsRefusedToAnotherUntilItIsReleased) {
  Claims claims;
  claims.take("a", tap("tap0"));
  try {
    claims.check(tap("tap0"));
    FAIL() << "two ports have one interface";
  } catch (const rpc::Error& error) {
    EXPECT_EQ(error.kind(), rpc::ErrorKind::already_exists);
    const Json data = error.to_json()["data"];
    EXPECT_EQ(data["port"], "a");
    EXPECT_EQ(data["field"], "interface");
  }
  EXPECT_NO_THROW(claims.check(tap("tap1")));
  claims.release("a");
  EXPECT_NO_THROW(claims.check(tap("tap0")));
}

TEST(Claims, HolderIsKnownByTheNameOfItsClaim) {
  Claims claims;
  claims.take("a", patch_to("b"));
  const std::string* holder = claims.holder_of(config::other_end_claim("b").name);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(*holder, "a");
  EXPECT_EQ(claims.holder_of(config::other_end_claim("a").name), nullptr);
}

TEST(Claims, PortThatTakesAnotherClaimLeavesTheOneItHad) {
  Claims claims;
  claims.take("a", tap("tap0"));
  claims.take("a", tap("tap1"));
  EXPECT_NO_THROW(claims.check(tap("tap0")));
  EXPECT_THROW(claims.check(tap("tap1")), rpc::Error);
}

TEST(Claims, ClaimThatAnotherHasTakenOverStaysItsOwn) {
  Claims claims;
  claims.take("a", tap("tap0"));
  claims.take("b", tap("tap0"));  // the names of two interfaces were exchanged
  claims.release("a");
  EXPECT_THROW(claims.check(tap("tap0")), rpc::Error);
  claims.release("b");
  EXPECT_NO_THROW(claims.check(tap("tap0")));
}

TEST(Claims, PortWithoutAClaimReleasesNone) {
  Claims claims;
  claims.take("a", tap("tap0"));
  claims.release("b");
  EXPECT_THROW(claims.check(tap("tap0")), rpc::Error);
}

}  // namespace claims_test
}  // namespace tapswitch::network
