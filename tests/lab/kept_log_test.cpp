// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/kept_log.hpp"

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/temporary_directory.hpp"
#include "tools/lab/log_keeper.hpp"

namespace tapswitch::lab {
namespace kept_log_test {

using test::TemporaryDirectory;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class LabKeptLog : public testing::Test {
 protected:
  [[nodiscard]] KeptLog open(const std::string& name) { return {fd_.get(), name}; }
  [[nodiscard]] std::string read(const std::string& name, std::size_t offset = 0) const {
    return read_log(directory_.file("."), name, offset);
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("."))) {
      sum += entry.file_size();
    }
    return sum;
  }

  TemporaryDirectory directory_;
  UniqueFd fd_{::open(directory_.file(".").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(LabKeptLog, KeepsAllOfWhatIsShort) {
  KeptLog log = open("web");
  log.append("one\n");
  log.append("two\n");
  EXPECT_EQ(read("web"), "one\ntwo\n");
  EXPECT_EQ(read("web", 4), "two\n");
  EXPECT_EQ(log_size(directory_.file("."), "web"), 8U);
  EXPECT_EQ(read("other"), "");
}

TEST_F(LabKeptLog, KeepsTheFirstAndTheLastMebibyteOfWhatIsLong) {
  KeptLog log = open("web");
  log.append("first\n");
  constexpr std::size_t rounds = 5000;
  const std::string line = std::string(4000, 'x') + '\n';
  for (std::size_t i = 0; i < rounds; ++i) {
    log.append(line);
  }
  log.append("last\n");
  EXPECT_EQ(log_size(directory_.file("."), "web"), 6 + rounds * line.size() + 5);
  EXPECT_LE(bytes(), 3 * KeptLog::piece_size);
  const std::string text = read("web");
  EXPECT_THAT(text, StartsWith("first\n"));
  EXPECT_THAT(text, EndsWith("last\n"));
  EXPECT_GE(text.size(), 2 * KeptLog::piece_size);
  EXPECT_THAT(text, HasSubstr(fmt::format("[{} bytes are left out here]",
                                          6 + rounds * line.size() + 5 - bytes())));
}

TEST_F(LabKeptLog, GoesOnWhereItEnded) {
  open("web").append(std::string(2 * KeptLog::piece_size + 10, 'x'));
  open("web").append("later");
  EXPECT_EQ(log_size(directory_.file("."), "web"), 2 * KeptLog::piece_size + 15);
  EXPECT_THAT(read("web"), EndsWith("xlater"));
}

TEST_F(LabKeptLog, OneThatIsCalledAlikeIsAnother) {
  open("web.log").append("a");
  open("web").append("b");
  EXPECT_EQ(read("web"), "b");
  EXPECT_EQ(read("web.log"), "a");
}

// A stranger has no way into the directory; if one had, what a link leads to would be as it was.
TEST_F(LabKeptLog, DoesNotFollowLinks) {
  const std::string target = directory_.file("target");
  std::ofstream(target) << "precious";
  std::filesystem::create_symlink(target, directory_.file("web.log"));
  open("web").append("text");
  EXPECT_EQ(read("web"), "");
  EXPECT_EQ(std::filesystem::file_size(target), 8U);
}

TEST_F(LabKeptLog, LastLinesAreTwelveAndIndented) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += fmt::format("line {}\n", i);
  }
  EXPECT_THAT(last_lines(text), StartsWith("    line 8\n    line 9\n"));
  EXPECT_THAT(last_lines(text), EndsWith("\n    line 19"));
  EXPECT_EQ(last_lines("a\n\nb\n"), "    a\n    \n    b");
  EXPECT_EQ(last_lines("no end"), "    no end");
  EXPECT_EQ(last_lines("\n\n"), "    (nothing)");
}

TEST_F(LabKeptLog, KeeperHasWhatWasSaidWhenItIsAsked) {
  LogKeeper keeper(directory_.file("."));
  const UniqueFd web = keeper.open("web");
  EXPECT_EQ(keeper.size("web"), 0U);
  ASSERT_EQ(::write(web.get(), "hello\n", 6), 6);
  EXPECT_EQ(keeper.size("web"), 6U);
  EXPECT_EQ(keeper.last_lines("web", 0), "    hello");
}

TEST_F(LabKeptLog, KeeperEndsWhenNobodyCanSayAnything) {
  LogKeeper keeper(directory_.file("."));
  UniqueFd web = keeper.open("web");
  keeper.close();
  ASSERT_EQ(::write(web.get(), "last words", 10), 10);
  web.reset();
  await_log_keepers(directory_.file("."));
  EXPECT_EQ(read_log(directory_.file("logs"), "web"), "last words");
}

}  // namespace kept_log_test
}  // namespace tapswitch::lab
