// SPDX-License-Identifier: Apache-2.0
#include "switch/system/slow_call.hpp"

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace {

constexpr uid_t alice = 1;
constexpr uid_t bob = 2;

// Calls that wait until they are let go, as those of a file system that does not answer.
class SlowCallTest : public testing::Test {
 protected:
  struct Shared {
    std::latch is_let_go{1};
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
  };

  ~SlowCallTest() override { shared_->is_let_go.count_down(); }

  std::unique_ptr<SlowCall> call(uid_t user) {
    return std::make_unique<SlowCall>(user, [shared = shared_] {
      ++shared->begun;
      shared->is_let_go.wait();
      ++shared->ended;
    });
  }

  bool wait_for_begun(int count) {
    return wait_until([&] { return shared_->begun == count; });
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

TEST_F(SlowCallTest, UserHasSoManyAtATimeAndOthersHaveTheirs) {
  std::vector<std::unique_ptr<SlowCall>> calls;
  for (std::size_t i = 0; i < SlowCall::most_threads; ++i) {
    calls.push_back(call(alice));
  }
  ASSERT_TRUE(wait_for_begun(SlowCall::most_of_a_user));
  std::atomic<bool> is_bobs_done = false;
  const SlowCall bobs(bob, [&] { is_bobs_done = true; });
  EXPECT_TRUE(wait_until([&] { return is_bobs_done.load(); }));
  EXPECT_EQ(shared_->begun, SlowCall::most_of_a_user);
}

TEST_F(SlowCallTest, CallsThatWaitForTheirTurnHaveItWhenAnotherEnds) {
  std::vector<std::unique_ptr<SlowCall>> calls;
  for (int i = 0; i < 5; ++i) {
    calls.push_back(call(alice));
  }
  ASSERT_TRUE(wait_for_begun(SlowCall::most_of_a_user));
  shared_->is_let_go.count_down();
  EXPECT_TRUE(wait_until([&] { return shared_->ended == 5; }));
  // The destructor counts it down once more.
  shared_ = std::make_shared<Shared>();
}

TEST_F(SlowCallTest, CallThatIsTakenBackDoesNotBegin) {
  const auto first = call(alice);
  const auto second = call(alice);
  ASSERT_TRUE(wait_for_begun(2));
  auto third = call(alice);
  third.reset();
  const auto fourth = call(alice);
  shared_->is_let_go.count_down();
  EXPECT_TRUE(wait_until([&] { return shared_->ended == 3; }));
  EXPECT_EQ(shared_->begun, 3);
  shared_ = std::make_shared<Shared>();
}

// Nobody waits for the end of a call that is under way.
TEST_F(SlowCallTest, CallOutlivesWhoeverMadeIt) {
  auto first = call(alice);
  ASSERT_TRUE(wait_for_begun(1));
  first.reset();
  shared_->is_let_go.count_down();
  EXPECT_TRUE(wait_until([&] { return shared_->ended == 1; }));
  shared_ = std::make_shared<Shared>();
}

}  // namespace
}  // namespace tapswitch::test
