// SPDX-License-Identifier: Apache-2.0
#include "control/server/pens.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tapswitch::server {
namespace pens_test {

constexpr Payer payer(std::uint32_t uid, EntranceKind entrance = EntranceKind::read_only) {
  return {.entrance = entrance, .uid = uid};
}

TEST(Pens, SessionsOfAUserWriteOneAfterTheOther) {
  Pens pens;
  const std::array<int, 3> sessions{};
  EXPECT_TRUE(pens.take(&sessions[0], payer(1)));
  EXPECT_FALSE(pens.take(&sessions[1], payer(1)));
  EXPECT_FALSE(pens.take(&sessions[2], payer(1)));
  EXPECT_TRUE(pens.take(&sessions[0], payer(1)));
  EXPECT_TRUE(pens.lay_down(&sessions[0], payer(1)));
  EXPECT_FALSE(pens.take(&sessions[0], payer(1))) << "who has written waits behind the others";
  EXPECT_FALSE(pens.take(&sessions[2], payer(1)));
  EXPECT_TRUE(pens.take(&sessions[1], payer(1)));
}

TEST(Pens, WhoWaitsNoMoreIsPassedOver) {
  Pens pens;
  const std::array<int, 3> sessions{};
  EXPECT_TRUE(pens.take(&sessions[0], payer(1)));
  EXPECT_FALSE(pens.take(&sessions[1], payer(1)));
  EXPECT_FALSE(pens.take(&sessions[2], payer(1)));
  EXPECT_TRUE(pens.lay_down(&sessions[1], payer(1)));
  EXPECT_TRUE(pens.lay_down(&sessions[0], payer(1)));
  EXPECT_TRUE(pens.take(&sessions[2], payer(1)));
  EXPECT_FALSE(pens.lay_down(&sessions[2], payer(1)));
}

TEST(Pens, OnlySomeUsersWriteAtATimeAtAnEntrance) {
  Pens pens;
  const std::array<int, Pens::most_pens + 1> sessions{};
  for (std::uint32_t uid = 0; uid < Pens::most_pens; ++uid) {
    EXPECT_TRUE(pens.take(&sessions[uid], payer(uid)));
  }
  EXPECT_FALSE(pens.take(&sessions.back(), payer(77)));
  const int operating = 0;
  EXPECT_TRUE(pens.take(&operating, payer(0, EntranceKind::control)));
  EXPECT_TRUE(pens.lay_down(&sessions[2], payer(2)));
  EXPECT_TRUE(pens.take(&sessions.back(), payer(77)));
}

}  // namespace pens_test
}  // namespace tapswitch::server
