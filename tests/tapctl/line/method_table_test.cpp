// SPDX-License-Identifier: Apache-2.0
// method_table_test.cpp: whatever method is added, the command line has it, whole.
#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/api/methods.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/own_commands.hpp"
#include "tools/tapctl/line/verb.hpp"

namespace tapswitch::tapctl {
namespace method_table_test {

std::vector<std::string> words_of(const rpc::Method& method) {
  const std::size_t dot = method.name.find('.');
  return {method.name.substr(0, dot), method.name.substr(dot + 1)};
}

TEST(MethodTable, EveryMethodIsANounAndAVerb) {
  for (const rpc::Method& method : api::methods()) {
    EXPECT_EQ(select_method(api::methods(), words_of(method)).method.name, method.name);
  }
}

TEST(MethodTable, EveryAliasIsOfAMethodAndNoNoun) {
  for (const Alias& alias : aliases()) {
    EXPECT_EQ(select_method(api::methods(), {alias.word}).method.name, alias.method);
    EXPECT_THAT(nouns(api::methods()), testing::Not(testing::Contains(alias.word)));
  }
}

TEST(MethodTable, CommandOfOurOwnIsAWordThatNothingElseHasButCaptureHasVerbsToo) {
  for (const rpc::Method& command : own_commands()) {
    const Selection selection = select_method(api::methods(), {command.name, "more"});
    EXPECT_EQ(selection.method.name, command.name);
    EXPECT_EQ(selection.words, 1U);
    const bool is_a_noun_too = !verbs(api::methods(), command.name).empty();
    EXPECT_EQ(is_a_noun_too, command.name == "capture") << command.name;
    for (const Alias& alias : aliases()) {
      EXPECT_NE(alias.word, command.name);
    }
  }
}

TEST(MethodTable, EveryParameterHasAnOption) {
  for (const rpc::Method& method : api::methods()) {
    std::set<std::string> fields;
    for (const Option& option : options_of(method)) {
      fields.insert(option.path.front());
    }
    for (const rpc::Field& field : method.params.fields()) {
      EXPECT_TRUE(fields.contains(field.name)) << method.name << ' ' << field.name;
    }
  }
}

TEST(MethodTable, EveryMemberOfAnObjectHasAnOption) {
  for (const rpc::Method& method : api::methods()) {
    std::set<std::string> fields;
    for (const Option& option : options_of(method)) {
      fields.insert(option.field());
    }
    for (const rpc::Field& field : method.params.fields()) {
      for (const rpc::Field& member : field.schema.fields()) {
        EXPECT_TRUE(fields.contains(field.name + '.' + member.name)) << method.name;
      }
    }
  }
}

TEST(MethodTable, NoTwoOptionsOfAMethodShareAName) {
  for (const rpc::Method& method : api::methods()) {
    std::set<std::string> names = {"socket", "json", "exact", "no-color", "help", "version"};
    for (const Option& option : options_of(method)) {
      EXPECT_TRUE(names.insert(option.name).second) << method.name << " --" << option.name;
    }
  }
}

TEST(MethodTable, EveryRequiredParameterCanBeLeftToItsErrorMessage) {
  for (const rpc::Method& method : api::methods()) {
    const auto fields = method.params.fields();
    const bool needs_something = std::any_of(fields.begin(), fields.end(),
                                             [](const auto& each) { return each.is_required; });
    if (needs_something) {
      EXPECT_ANY_THROW(parse_arguments(words_of(method), api::methods())) << method.name;
    } else {
      EXPECT_NO_THROW(parse_arguments(words_of(method), api::methods())) << method.name;
    }
  }
}

}  // namespace method_table_test
}  // namespace tapswitch::tapctl
