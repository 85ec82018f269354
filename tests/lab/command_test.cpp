// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace command_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;

TEST(LabCommand, LineThatIsAboutLabsIsTold) {
  EXPECT_THAT(words_behind({"lab", "up", "x"}), Optional(ElementsAre("up", "x")));
  EXPECT_THAT(words_behind({"--json", "lab"}), Optional(ElementsAre("--json")));
  EXPECT_THAT(words_behind({"help", "lab", "up"}), Optional(ElementsAre("--help", "up")));
  EXPECT_THAT(words_behind({"--lab", "x", "lab", "exec"}),
              Optional(ElementsAre("--lab", "x", "exec")));
  // The verb has to say that there is no such option.
  EXPECT_THAT(words_behind({"--frob", "lab", "list"}), Optional(ElementsAre("--frob", "list")));
}

TEST(LabCommand, OtherLinesAreNot) {
  for (const std::vector<std::string>& line : {std::vector<std::string>{},
                                               {"port"},
                                               {"--lab", "lab", "port"},
                                               {"help", "port"},
                                               {"help"},
                                               {"--lab"},
                                               {"port", "get", "lab"},
                                               {"--socket", "lab", "port"}}) {
    EXPECT_EQ(words_behind(line), std::nullopt);
  }
}

TEST(LabCommand, VerbsAndOptionsAreCompleted) {
  EXPECT_THAT(complete({""}), AllOf(HasSubstr("up\t"), HasSubstr("console\t")));
  EXPECT_THAT(complete({"s"}), AllOf(StartsWith("status\t"), Not(HasSubstr("up\t"))));
  EXPECT_THAT(complete({"up", "--d"}), StartsWith("--dry-run\t"));
  EXPECT_THAT(complete({"exec", "--l"}), StartsWith("--lab\t"));
  EXPECT_THAT(complete({"nonsense", ""}), IsEmpty());
  EXPECT_THAT(complete({"up", ""}), IsEmpty());  // a file: the shell knows them
}

}  // namespace command_test
}  // namespace tapswitch::lab
