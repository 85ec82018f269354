// SPDX-License-Identifier: Apache-2.0
#include "control/network/port_numbers.hpp"

#include <gtest/gtest.h>

namespace tapswitch::network {
namespace port_numbers_test {

TEST(PortNumbers, ANameHasANumberOfItsOwnForGood) {
  const Inventory inventory;
  PortNumbers numbers(inventory);
  EXPECT_EQ(numbers.of("alice"), 1U);
  EXPECT_EQ(numbers.of("bob"), 2U);
  EXPECT_EQ(numbers.of("alice"), 1U);
}

TEST(PortNumbers, ASuccessorGoesOnWithThem) {
  const Inventory inventory;
  PortNumbers numbers(inventory);
  numbers.take_over("alice", 4);
  numbers.go_on_behind(5);
  EXPECT_EQ(numbers.of("alice"), 4U);
  EXPECT_EQ(numbers.of("bob"), 6U) << "5 was of a port that is gone";
}

TEST(PortNumbers, ASuccessorTakesNoNonsense) {
  const Inventory inventory;
  PortNumbers numbers(inventory);
  numbers.take_over("alice", 0);
  numbers.take_over("alice", 4);
  numbers.take_over("bob", 4);
  numbers.take_over("carol", PortNumbers::most_numbers + 1);
  EXPECT_EQ(numbers.of("alice"), 4U);
  EXPECT_EQ(numbers.of("bob"), 1U);
  EXPECT_EQ(numbers.of("carol"), 2U);
}

TEST(PortNumbers, WhereAllAreGivenThoseOfNobodyAreGivenAgain) {
  Inventory inventory;
  PortNumbers numbers(inventory, 3);
  inventory.ports()["alice"].spec.name = "alice";
  EXPECT_EQ(numbers.of("alice"), 1U);
  EXPECT_EQ(numbers.of("bob"), 2U);
  EXPECT_EQ(numbers.of("carol"), 3U);
  EXPECT_EQ(numbers.of("dave"), 2U);
  EXPECT_EQ(numbers.of("alice"), 1U);
}

}  // namespace port_numbers_test
}  // namespace tapswitch::network
