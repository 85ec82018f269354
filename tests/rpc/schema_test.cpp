// SPDX-License-Identifier: Apache-2.0
// schema_test.cpp: tests what a Schema tells of itself: as JSON Schema, to people, and to tapctl.
#include "control/rpc/schema.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tapswitch::rpc {

namespace schema_test {

Schema vlan(const std::string& default_mode) {
  const Field pvid{"pvid", Schema::integer(1, 4094), "the VLAN", true};
  const Field note{"note", Schema::text(0, 9), {}, true};
  return Schema::variant("mode",
                         {{"access", {pvid, note}},
                          {"trunk", {{"native", Schema::integer(1, 4094), {}, false, 1}, note}}},
                         default_mode);
}

TEST(Schema, JsonSchemaSaysTheSame) {
  struct Case {
    Schema schema;
    const char* expected;
  };
  const auto all = [](std::string_view) { return true; };
  const Case cases[] = {
      {Schema::boolean(), R"({"type":"boolean"})"},
      {Schema::integer(1, 4094), R"({"type":"integer","minimum":1,"maximum":4094})"},
      {Schema::text(0, 9), R"({"type":"string","maxLength":9})"},
      {Schema::text(1, 9), R"({"type":"string","minLength":1,"maxLength":9})"},
      {Schema::text(5, 9), R"({"type":"string","minLength":2,"maxLength":9})"},
      {Schema::text("mac", "six pairs", all),
       R"({"type":"string","format":"mac","description":"six pairs"})"},
      {Schema::word({"a", "b"}), R"({"type":"string","enum":["a","b"]})"},
      {Schema::list(Schema::boolean(), 3),
       R"({"type":"array","items":{"type":"boolean"},"maxItems":3})"},
      {Schema::map(Schema::text(0, 9), Schema::null(), 3),
       R"({"type":"object","propertyNames":{"type":"string","maxLength":9},)"
       R"("additionalProperties":{"type":"null"},"maxProperties":3})"},
      {Schema::object({}), R"({"type":"object","properties":{},"additionalProperties":false})"},
      {Schema::object({{"a", Schema::boolean(), "yes or no", true},
                       {"b", Schema::boolean(), {}, false, true}}),
       R"({"type":"object","properties":{"a":{"type":"boolean","description":"yes or no"},)"
       R"("b":{"type":"boolean","default":true}},"required":["a"],"additionalProperties":false})"},
      {Schema::any_of({Schema::null(), Schema::boolean()}, "either"),
       R"({"anyOf":[{"type":"null"},{"type":"boolean"}],"description":"either"})"},
      {Schema::variant("t", {{"a", {}}, {"b", {{"x", Schema::null(), {}, true}}}}, "a"),
       R"({"oneOf":[{"type":"object","properties":{"t":{"const":"a"}},)"
       R"("additionalProperties":false},{"type":"object","properties":{"t":{"const":"b"},)"
       R"("x":{"type":"null"}},"required":["t","x"],"additionalProperties":false}]})"},
      {Schema::null(), R"({"type":"null"})"},
      {Schema::any(), "{}"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(each.schema.to_json_schema(), Json::parse(each.expected))
        << each.schema.to_json_schema();
  }
}

TEST(Schema, FieldsOfAnObjectAreInTheirOrder) {
  const auto fields = Schema::object({{"b", Schema::boolean()}, {"a", Schema::boolean()}}).fields();
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "b");
  EXPECT_EQ(fields[1].name, "a");
}

TEST(Schema, FieldsOfAVariantAreTheTagThenEachOnce) {
  const auto fields = vlan("trunk").fields();
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[0].name, "mode");
  EXPECT_EQ(fields[0].schema.words(), (std::vector<std::string>{"access", "trunk"}));
  EXPECT_EQ(fields[1].name, "pvid");
  EXPECT_EQ(fields[2].name, "note");
  EXPECT_EQ(fields[3].name, "native");
}

TEST(Schema, FieldOfAVariantIsRequiredIfEveryAlternativeRequiresIt) {
  const auto fields = vlan("trunk").fields();
  EXPECT_FALSE(fields[1].is_required);  // pvid: of access alone
  EXPECT_TRUE(fields[2].is_required);   // note: of both
  EXPECT_FALSE(fields[3].is_required);
}

TEST(Schema, FieldOfAVariantIsDescribedForEachAlternative) {
  const Schema pet = Schema::variant("kind", {{"cat",
                                               {{"name", Schema::null(), "what it is called"},
                                                {"food", Schema::null(), "what it eats"},
                                                {"lives", Schema::null(), "how many are left"}}},
                                              {"dog",
                                               {{"name", Schema::null(), "what it is called"},
                                                {"food", Schema::null(), "what it leaves"}}},
                                              {"fox",
                                               {{"name", Schema::null(), "what it is called"},
                                                {"food", Schema::null(), "what it eats"}}}});
  const auto fields = pet.fields();
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[1].description, "what it is called");
  EXPECT_EQ(fields[2].description, "(cat, fox) what it eats; (dog) what it leaves");
  EXPECT_EQ(fields[3].description, "(cat) how many are left");
}

TEST(Schema, TagIsRequiredIfNoneIsTheDefault) {
  EXPECT_TRUE(vlan("").fields()[0].is_required);
  EXPECT_TRUE(vlan("").fields()[0].default_value.is_null());
  EXPECT_FALSE(vlan("trunk").fields()[0].is_required);
  EXPECT_EQ(vlan("trunk").fields()[0].default_value, "trunk");
}

TEST(Schema, PartsCanBeAskedFor) {
  EXPECT_EQ(Schema::word({"a"}).words(), std::vector<std::string>{"a"});
  EXPECT_EQ(vlan("").words(), (std::vector<std::string>{"access", "trunk"}));
  EXPECT_EQ(Schema::list(Schema::null(), 1).item()->type(), Schema::Type::null);
  EXPECT_EQ(Schema::map(Schema::text(0, 1), Schema::boolean(), 1).item()->type(),
            Schema::Type::boolean);
  EXPECT_EQ(Schema::any_of({Schema::null(), Schema::any()}, "").choices().size(), 2U);
}

TEST(Schema, PartsThatATypeLacksAreEmpty) {
  const Schema flag = Schema::boolean();
  EXPECT_TRUE(flag.fields().empty());
  EXPECT_TRUE(flag.words().empty());
  EXPECT_TRUE(flag.choices().empty());
  EXPECT_FALSE(flag.item());
}

}  // namespace schema_test

}  // namespace tapswitch::rpc
