// SPDX-License-Identifier: Apache-2.0
#include "control/api/aside.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "tests/support/wait.hpp"

namespace tapswitch::api {
namespace aside_test {

TEST(Aside, ResultComesWhenItIsThere) {
  std::latch may_end(1);
  Aside<int> seven([&] {
    may_end.wait();
    return 7;
  });
  EXPECT_EQ(seven.result_soon(), std::nullopt);
  may_end.count_down();
  std::optional<int> result;
  EXPECT_TRUE(test::wait_until([&] { return (result = seven.result_soon()).has_value(); }));
  EXPECT_EQ(result, 7);
}

TEST(Aside, WhatTheComputationThrowsIsThrown) {
  Aside<int> failing([]() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW((void)test::wait_until([&] { return failing.result_soon().has_value(); }),
               std::runtime_error);
}

TEST(Aside, OnlySomeAreComputedAtATime) {
  std::latch may_end(1);
  std::vector<std::unique_ptr<Aside<int>>> first;
  for (std::ptrdiff_t i = 0; i < most_aside; ++i) {
    first.push_back(std::make_unique<Aside<int>>([&] {
      may_end.wait();
      return 1;
    }));
    EXPECT_EQ(first.back()->result_soon(), std::nullopt);
  }
  bool is_begun = false;
  Aside<int> next([&] {
    is_begun = true;
    return 2;
  });
  EXPECT_EQ(next.result_soon(), std::nullopt);
  EXPECT_FALSE(is_begun);
  may_end.count_down();
  first.clear();
  EXPECT_TRUE(test::wait_until([&] { return next.result_soon() == 2; }));
}

}  // namespace aside_test
}  // namespace tapswitch::api
