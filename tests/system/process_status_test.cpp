// SPDX-License-Identifier: Apache-2.0
#include "switch/system/process_status.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "tests/support/wait.hpp"

namespace tapswitch {
namespace process_status_test {

TEST(ProcessStatus, RunningProcessIsNeitherEndingNorEnded) {
  const auto found = process_status(::getpid());
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->is_ending());
  EXPECT_FALSE(found->has_ended());
  EXPECT_GE(found->threads, 1u);
  EXPECT_GT(found->start, 0u);
}

class ProcessStatusInChild : public testing::Test {
 protected:
  [[nodiscard]] bool waits_until(bool (ProcessStatus::*is)() const) const {
    return test::wait_until([&] {
      const auto found = process_status(child_);
      return found && (*found.*is)();
    });
  }

  pid_t child_ = 0;
};

// A process whose first thread is dead is a zombie to proc(5), and has its files until its last one
// is.
TEST_F(ProcessStatusInChild, ProcessHasEndedWhenItsLastThreadHas) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  child_ = ::fork();
  ASSERT_GE(child_, 0);
  if (child_ == 0) {
    ::close(pipe[1]);
    std::thread([&] {
      char end = 0;
      [[maybe_unused]] const ssize_t none = ::read(pipe[0], &end, 1);
      ::_exit(0);
    }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
  }
  ::close(pipe[0]);
  ASSERT_TRUE(waits_until(&ProcessStatus::is_ending));
  EXPECT_FALSE(process_status(child_)->has_ended());
  ::close(pipe[1]);
  EXPECT_TRUE(waits_until(&ProcessStatus::has_ended));
  EXPECT_EQ(::waitpid(child_, nullptr, 0), child_);
  EXPECT_FALSE(process_status(child_));
}

}  // namespace process_status_test
}  // namespace tapswitch
