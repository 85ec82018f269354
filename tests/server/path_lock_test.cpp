// SPDX-License-Identifier: Apache-2.0
#include "control/server/path_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/server/temporary_directory.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::server {
namespace path_lock_test {

using testing::HasSubstr;
using testing::ThrowsMessage;

class PathLockTest : public testing::Test {
 protected:
  test::TemporaryDirectory directory_;
  const std::string path_ = directory_.file("control.sock");
};

TEST_F(PathLockTest, SecondIsRefusedAtOnceAndTheNextIsNot) {
  auto first = std::make_unique<PathLock>(path_);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT([&] { PathLock second(path_); },
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("already running, pid " + std::to_string(::getpid()))));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  first.reset();
  EXPECT_NO_THROW(PathLock next(path_));
}

class PathLockInChildTest : public PathLockTest {};

// A process is told to be dead when its first thread is, and has its files until its last one is.
TEST_F(PathLockInChildTest, OwnerThatIsEndingIsWaitedFor) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    static const PathLock held(path_);
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      ::_exit(0);
    }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
  }
  const std::string is_dead = "grep -q '^State:.Z' /proc/" + std::to_string(child) + "/status";
  ASSERT_TRUE(test::wait_until([&] { return test::shell(is_dead) == 0; }));
  EXPECT_NO_THROW(PathLock next(path_));
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace path_lock_test
}  // namespace tapswitch::server
