// SPDX-License-Identifier: Apache-2.0
// The log goes to a pipe here, and nobody reads there.
#include "tools/tapswitchd/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <string>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::daemon {
namespace log_test {

constexpr int lines = 200;  // of which two pages do not hold half

class LogToAPipe : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    ASSERT_GE(::fcntl(writer_.get(), F_SETPIPE_SZ, 2 * PIPE_BUF), 0);
    stderr_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    ASSERT_EQ(::dup2(writer_.get(), STDERR_FILENO), STDERR_FILENO);
  }

  void TearDown() override { ::dup2(stderr_.get(), STDERR_FILENO); }

  // Returns what lies in the pipe; there must be something.
  [[nodiscard]] std::string read() const {
    std::string text(std::size_t{2} * PIPE_BUF, '\0');
    const ssize_t size = ::read(reader_.get(), text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

  api::LogBook book_;

 private:
  UniqueFd reader_;
  UniqueFd writer_;
  UniqueFd stderr_;
};

TEST_F(LogToAPipe, NobodyWaitsForOneWhoDoesNotRead) {
  const auto log = open_log(book_, "info");
  for (int i = 0; i < lines; ++i) {
    log->info("word {} of many that have to go somewhere", i);
  }
  const std::string first = read();
  log->info("later");
  const std::string later = read();
  const auto told = std::count(first.begin(), first.end(), '\n');
  EXPECT_NE(first.find("] word 0 of"), std::string::npos) << first;
  EXPECT_LT(told, lines);
  EXPECT_NE(later.find("] " + std::to_string(lines - told) + " lines are left out here"),
            std::string::npos)
      << later;
  EXPECT_NE(later.find("] later\n"), std::string::npos) << later;
  EXPECT_EQ(book_.last(api::LogBook::max_lines).size(), lines + 1U);
}

TEST_F(LogToAPipe, NoLineIsLongerThanAPipeTakesAtOnce) {
  open_log(book_, "info")->info(std::string(std::size_t{3} * PIPE_BUF, 'x'));
  const std::string line = read();
  EXPECT_LE(line.size(), std::size_t{PIPE_BUF});
  EXPECT_GT(line.size(), std::size_t{PIPE_BUF} / 2);
  EXPECT_TRUE(line.ends_with("x...\n"));
}

}  // namespace log_test
}  // namespace tapswitch::daemon
