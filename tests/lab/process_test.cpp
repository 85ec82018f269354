// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/temporary_directory.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace process_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TemporaryDirectory;

const auto nobody_asks = [](const ProcessId&) {};

TEST(LabProcess, WeAreRunning) {
  const auto us = identify(::getpid());
  ASSERT_TRUE(us);
  EXPECT_TRUE(is_running(*us));
}

TEST(LabProcess, AnotherWithTheSamePidIsNotTheSame) {
  auto us = *identify(::getpid());
  ++us.start;
  EXPECT_FALSE(is_running(us));
  end({us}, milliseconds(0));  // and we live on
}

TEST(LabProcess, IsOnRecordBeforeItRuns) {
  const TemporaryDirectory directory;
  const std::string output = directory.file("out");
  const UniqueFd opened(::open(output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ProcessId recorded;
  Child child =
      launch({.words = {"echo", "hello"}, .output = opened.get()}, [&](const ProcessId& id) {
        recorded = id;
        std::ifstream file(output);
        EXPECT_EQ(file.peek(), std::ifstream::traits_type::eof());
      });
  EXPECT_EQ(child.wait(seconds(10)), 0);
  EXPECT_EQ(child.id(), recorded);
  std::ifstream file(output);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "hello\n");
  EXPECT_FALSE(is_running(recorded));
}

TEST(LabProcess, DoesNotRunIfItCannotBeRecorded) {
  const TemporaryDirectory directory;
  const std::string mark = directory.file("mark");
  ProcessId recorded;
  EXPECT_THROW((void)launch({.words = {"touch", mark}},
                            [&](const ProcessId& id) {
                              recorded = id;
                              throw Failure("disk full");
                            }),
               Failure);
  end({recorded}, seconds(10));
  EXPECT_FALSE(is_running(recorded));
  EXPECT_NE(::access(mark.c_str(), F_OK), 0);
}

TEST(LabProcess, HasTheEnvironmentDirectoryAndStatusItShould) {
  Child child = launch({.words = {"/bin/sh", "-c", "test $PWD = / && test $NODE = x && exit 7"},
                        .directory = "/",
                        .environment = {{"NODE", "x"}}},
                       nobody_asks);
  EXPECT_EQ(child.wait(seconds(10)), 7);
}

TEST(LabProcess, HasItsThirdDescriptorAndNoOther) {
  const TemporaryDirectory directory;
  const UniqueFd opened(
      ::open(directory.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  Child child =
      launch({.words = {"/bin/sh", "-c", "exec ls /proc/self/fd >&3"}, .third = opened.get()},
             nobody_asks);
  EXPECT_EQ(child.wait(seconds(10)), 0);
  std::ifstream file(directory.file("out"));
  // The fifth is the directory that is listed.
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "0\n1\n2\n3\n4\n");
}

TEST(LabProcess, ProgramThatIsMissingIsAFailure) {
  EXPECT_THROW((void)launch({.words = {"no-such-program"}}, nobody_asks), Failure);
  EXPECT_THROW((void)launch({.words = {"sh"}, .directory = "/no/such/place"}, nobody_asks),
               Failure);
}

TEST(LabProcess, WaitingIsBounded) {
  Child child = launch({.words = {"sleep", "100"}}, nobody_asks);
  EXPECT_EQ(child.wait(milliseconds(1)), std::nullopt);
  end({child.id()}, seconds(10));
  EXPECT_FALSE(is_running(child.id()));
}

TEST(LabProcess, OneThatDoesNotListenIsMadeToEnd) {
  const TemporaryDirectory directory;
  const std::string mark = directory.file("mark");
  Child child = launch(
      {.words = {"/bin/sh", "-c", "trap '' TERM; echo > " + mark + "; while :; do sleep 1; done"}},
      nobody_asks);
  while (::access(mark.c_str(), F_OK) != 0) {
    ASSERT_EQ(child.wait(milliseconds(1)), std::nullopt);
  }
  end({child.id()}, milliseconds(50));
  EXPECT_FALSE(is_running(child.id()));
}

TEST(LabProcess, ProgramsAreFoundAsTheShellFindsThem) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_FALSE(find_program("/etc/passwd"));
  EXPECT_FALSE(find_program("no-such-program"));
}

}  // namespace process_test
}  // namespace tapswitch::lab
