// SPDX-License-Identifier: Apache-2.0
#include "switch/system/slow_call.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace slow_call_test {

const auto alice = SlowCall::Party::of_user(1);
const auto bob = SlowCall::Party::of_user(2);

// Calls that wait until they are let go, as those of a file system that does not answer.
class SlowCallTest : public testing::Test {
 protected:
  struct Shared {
    std::latch is_let_go{1};
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
  };

  ~SlowCallTest() override { shared_->is_let_go.count_down(); }

  std::unique_ptr<SlowCall> call(const SlowCall::Party& party) {
    return std::make_unique<SlowCall>(party, [shared = shared_] {
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

TEST_F(SlowCallTest, CallsAboutADirectoryAreDoneInTheirOrder) {
  const auto party = SlowCall::Party::of_path("/run/vms/1.sock");
  EXPECT_EQ(party.name, SlowCall::Party::of_path("/run/vms/2.sock").name);
  const auto first = call(party);
  ASSERT_TRUE(wait_for_begun(1));
  std::vector<std::unique_ptr<SlowCall>> others;
  const auto order = std::make_shared<std::vector<int>>();
  for (int i = 0; i < 20; ++i) {
    others.push_back(std::make_unique<SlowCall>(party, [order, i] { order->push_back(i); }));
  }
  EXPECT_EQ(shared_->begun, 1);
  shared_->is_let_go.count_down();
  EXPECT_TRUE(others.back()->wait(patience));
  EXPECT_EQ(order->size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(*order));
  shared_ = std::make_shared<Shared>();
}

TEST_F(SlowCallTest, WaitEndsWithTheWorkOrWithPatience) {
  using std::chrono::milliseconds;
  const auto party = SlowCall::Party::of_path("/run/vms/1.sock");
  EXPECT_TRUE(SlowCall(party, [] {}).wait(patience));
  const auto hung = call(party);
  ASSERT_TRUE(wait_for_begun(1));
  EXPECT_FALSE(hung->wait(milliseconds(20)));
  // A party that has not answered for so long is not waited for again.
  EXPECT_TRUE(wait_until([&] {
    const SlowCall second(party, [] {});
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(second.wait(milliseconds(50)));
    return std::chrono::steady_clock::now() - began < milliseconds(50);
  }));
  EXPECT_TRUE(SlowCall(alice, [] {}).wait(patience));
  shared_->is_let_go.count_down();
  EXPECT_TRUE(hung->wait(patience));
  shared_ = std::make_shared<Shared>();
}

TEST_F(SlowCallTest, WorkThatIsToBeCarriedOutIsDoneHoweverLateAndByWhoeverMayWait) {
  const auto party = SlowCall::Party::of_path("/run/vms/1.sock");
  const auto hung = call(party);
  ASSERT_TRUE(wait_for_begun(1));
  const auto done = std::make_shared<std::atomic<int>>(0);
  SlowCall::carry_out(
      party,
      [=] {
        SlowCall::carry_out(
            party, [=] { ++*done; }, patience);  // is there already
        ++*done;
      },
      std::chrono::milliseconds(0));
  EXPECT_EQ(*done, 0);
  shared_->is_let_go.count_down();
  EXPECT_TRUE(wait_until([&] { return *done == 2; }));
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

}  // namespace slow_call_test
}  // namespace tapswitch::test
