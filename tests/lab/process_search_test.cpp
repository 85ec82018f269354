// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/process_search.hpp"

#include <unistd.h>

#include <chrono>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace process_search_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Returns a mark of this test alone, whoever else runs it.
std::string mark() { return fmt::format("of {}", ::getpid()); }

Child start(const std::string& script, const Variables& variables) {
  return launch({.words = {"/bin/sh", "-c", script}, .environment = variables},
                [](const ProcessId&) {});
}

TEST(LabProcessSearch, FindsThoseThatHaveAllVariables) {
  Child both = start("exec sleep 100", {{"TEST_LAB", mark()}, {"TEST_NODE", "n1"}});
  Child one = start("exec sleep 100", {{"TEST_LAB", mark()}, {"TEST_NODE", "n10"}});
  // A process has no variables for the moment in which it becomes another program.
  while (processes_with({{"TEST_LAB", mark()}}).size() < 2) {
    ASSERT_EQ(one.wait(milliseconds(1)), std::nullopt);
  }
  std::vector<ProcessId> found;
  while (found.empty()) {
    ASSERT_EQ(both.wait(milliseconds(1)), std::nullopt);
    found = processes_with({{"TEST_LAB", mark()}, {"TEST_NODE", "n1"}});
  }
  EXPECT_THAT(found, ElementsAre(both.id()));
  end({both.id(), one.id()}, seconds(10));
}

TEST(LabProcessSearch, EndsWhatADeadShellHasLeft) {
  const Variables variables = {{"TEST_LAB", mark()}};
  Child shell = start("setsid sleep 100 & sleep 100 & wait", variables);
  while (processes_with(variables).size() < 3) {
    ASSERT_EQ(shell.wait(milliseconds(1)), std::nullopt);
  }
  shell.kill();
  EXPECT_TRUE(shell.wait(seconds(10)));
  EXPECT_THAT(processes_with(variables), SizeIs(2));
  end_all([&] { return processes_with(variables); }, seconds(10));
  EXPECT_THAT(processes_with(variables), IsEmpty());
}

}  // namespace process_search_test
}  // namespace tapswitch::lab
