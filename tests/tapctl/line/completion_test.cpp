// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/completion.hpp"

#include <gtest/gtest.h>

#include "control/api/methods.hpp"

namespace tapswitch::tapctl {
namespace completion_test {

using Texts = std::vector<std::string>;

// The words that may stand at the end of 'words', in one line.
std::string completed(const Texts& words) {
  const LiveNames names = [](const std::string& noun, const Manner& manner) {
    return Texts{noun + "-a" + manner.socket.value_or("") + manner.lab.value_or(""), noun + "-b"};
  };
  std::string line;
  const std::string lines = complete(words, api::methods(), names);
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    line += (line.empty() ? "" : " ") + lines.substr(at, lines.find_first_of("\t\n", at) - at);
  }
  return line;
}

struct Case {
  const char* name;
  Texts words;
  const char* expected;
};

// A case is what somebody has typed (the last word is not finished), and what may stand there.
const Case cases[] = {
    {"BeginningOfANoun", {"po"}, "port"},
    {"BeginningOfAnAlias", {"tr"}, "trace"},
    {"CommandsOfOurOwn", {"to"}, "top"},
    {"OptionsOfACommandOfOurOwn", {"top", "--s"}, "--switch --sort --socket"},
    {"ColumnsOfTop", {"top", "--sort", "r"}, "rx rx_frames"},
    {"SwitchesOfAGraph", {"graph", "--switch", ""}, "switch-a switch-b"},
    {"VerbsOfANoun", {"switch", ""}, "add remove list get set"},
    {"BeginningOfAVerb", {"fdb", "f"}, "flush"},
    {"NamesOfPorts", {"port", "get", ""}, "port-a port-b"},
    {"BeginningOfAName", {"port", "remove", "port-b"}, "port-b"},
    {"NamesOfSwitches", {"switch", "set", ""}, "switch-a switch-b"},
    {"ANewNameIsAnybodysGuess", {"port", "add", ""}, ""},
    {"ValueThatIsAPort", {"fdb", "--port", ""}, "port-a port-b"},
    {"ValueThatIsASwitch", {"port", "list", "--switch", ""}, "switch-a switch-b"},
    {"ValueBehindAnEqualSign",
     {"port", "list", "--switch=sw"},
     "--switch=switch-a --switch=switch-b"},
    {"ValueWhereBashHasTakenItApart", {"port", "list", "--switch", "=", "switch-b"}, "switch-b"},
    {"ValueThatBashHasJustBegun", {"port", "list", "--switch", "="}, "switch-a switch-b"},
    {"LabIsUsed", {"--lab", "office", "port", "get", "port-a"}, "port-aoffice"},
    {"NamesOfLabs", {"--lab", "lab-b"}, "lab-b"},
    {"ValueThatIsAWord", {"port", "list", "--state", "n"}, "no_carrier"},
    {"ValueThatIsYesOrNo", {"port", "set", "alice", "--learning", ""}, "yes no"},
    {"ValueThatIsAnything", {"port", "set", "alice", "--mtu", ""}, ""},
    {"WordOfAPositional", {"log", "set", "w"}, "warning"},
    {"OptionsOfACommand", {"port", "add", "x", "--offl"}, "--offload"},
    {"OptionsOfEveryCommand", {"--so"}, "--socket"},
    {"FlagTakesNoValue", {"--json", "vl"}, "vlan"},
    {"SocketIsUsed", {"--socket", "/s", "port", "get", "port-a"}, "port-a/s"},
    {"ValueOfTheSocketIsAFile", {"--socket", ""}, ""},
    {"MethodsByTheirOwnName", {"call", "fdb.f"}, "fdb.flush"},
    {"HelpOfANoun", {"help", "vlan", ""}, "list set"},
    {"NounThatIsNone", {"prot", ""}, ""},
    {"PortOfATrace", {"trace", ""}, "port-a port-b"},
    {"PortsOfAMirror", {"mirror", "add", "m", "--from-port", ""}, "port-a port-b"},
    {"NamesOfMirrors", {"mirror", "remove", ""}, "mirror-a mirror-b"},
    {"PortsOfACapture", {"capture", "--ports", ""}, "port-a port-b"},
};

class Completion : public testing::TestWithParam<Case> {};

TEST_P(Completion, TellsWhatMayStandThere) {
  EXPECT_EQ(completed(GetParam().words), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Cases, Completion, testing::ValuesIn(cases),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(CompletionOfNothing, IsEveryNounAndAlias) {
  for (const char* word : {"system", "port", "trace", "call", "help"}) {
    EXPECT_NE((' ' + completed({}) + ' ').find(std::string(" ") + word + ' '), std::string::npos)
        << word;
  }
}

TEST(CompletionOfNothing, SurvivesWhateverIsTyped) {
  for (const Texts& words :
       {Texts{"--"}, Texts{"-"}, Texts{"--socket"}, Texts{"help"}, Texts{"help", "help", ""},
        Texts{"call", "x", ""}, Texts{"port", "get", "a", "b", ""}, Texts{"--x=", "--=", ""}}) {
    completed(words);
  }
}

}  // namespace completion_test
}  // namespace tapswitch::tapctl
