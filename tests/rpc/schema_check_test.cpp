// SPDX-License-Identifier: Apache-2.0
// schema_check_test.cpp: tests what Schema::check() accepts and what it says of the rest, one row a
// rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::rpc {

void PrintTo(const Problem& problem, std::ostream* out) {
  *out << "{" << problem.field << " | " << problem.problem << " | " << problem.allowed << "}";
}

static bool operator==(const Problem& a, const Problem& b) {
  return a.field == b.field && a.problem == b.problem && a.allowed == b.allowed;
}

namespace schema_check_test {

using Problems = std::vector<Problem>;

constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
constexpr auto largest = std::numeric_limits<std::int64_t>::max();

Schema mac() {
  return Schema::text("mac", "six pairs of hex digits",
                      [](std::string_view text) { return text == "02:00:00:00:00:01"; });
}

// Much as a port's "vlan".
Schema vlan() {
  const Field pvid{"pvid", Schema::integer(1, 4094), "the VLAN", true};
  return Schema::variant(
      "mode",
      {{"access", {pvid}}, {"trunk", {{"native", Schema::integer(1, 4094)}}}, {"tunnel", {pvid}}},
      "trunk");
}

Schema vlan_set() {
  return Schema::any_of(
      {Schema::text("vlan-set", "VLANs", [](std::string_view text) { return text == "1-100"; }),
       Schema::list(Schema::integer(1, 4094), 3)},
      "VLANs as \"1-100\" or [1]");
}

struct Case {
  Schema schema;
  const char* json;
  Problems problems;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(each.schema.check(Json::parse(each.json)), each.problems) << each.json;
  }
}

// clang-format off
TEST(SchemaCheck, Scalars) {
  const Schema pvid = Schema::integer(1, 4094);
  expect_all({
      {Schema::boolean(), "true", {}},
      {Schema::boolean(), "0",      {{"", "expected a boolean, got an integer", "true or false"}}},
      {Schema::boolean(), "\"true\"", {{"", "expected a boolean, got a string", "true or false"}}},
      {Schema::null(), "null", {}},
      {Schema::null(), "false",     {{"", "expected null, got a boolean", "null"}}},
      {Schema::any(), "[{}]", {}},
      {pvid, "1", {}},
      {pvid, "4094", {}},
      {pvid, "0",      {{"", "0 is out of range", "1..4094"}}},
      {pvid, "-1",     {{"", "-1 is out of range", "1..4094"}}},
      {pvid, "4095",   {{"", "4095 is out of range", "1..4094"}}},
      {pvid, "1.0",    {{"", "expected an integer, got the number 1.0", "1..4094"}}},
      {pvid, "1e2",    {{"", "expected an integer, got the number 100.0", "1..4094"}}},
      {pvid, "true",   {{"", "expected an integer, got a boolean", "1..4094"}}},
      {pvid, "null",   {{"", "expected an integer, got null", "1..4094"}}},
      {pvid, "\"10\"", {{"", "expected an integer, got a string", "1..4094"}}},
      {pvid, "[10]",   {{"", "expected an integer, got a list", "1..4094"}}},
  });
}

TEST(SchemaCheck, IntegersAtTheEndsOf64Bits) {
  const Schema all = Schema::integer(smallest, largest);
  const Schema negative = Schema::integer(smallest, -1);
  expect_all({
      {all, "-9223372036854775808", {}},
      {all, "9223372036854775807", {}},
      {all, "9223372036854775808",
       {{"", "9223372036854775808 is out of range", "-9223372036854775808..9223372036854775807"}}},
      {all, "18446744073709551616",
       {{"", "expected an integer, got the number 1.8446744073709552e+19",
         "-9223372036854775808..9223372036854775807"}}},
      {negative, "18446744073709551615",
       {{"", "18446744073709551615 is out of range", "-9223372036854775808..-1"}}},
  });
}

TEST(SchemaCheck, Texts) {
  const Schema name = Schema::text(1, 4);
  expect_all({
      {name, R"("a")", {}},
      {name, R"("four")", {}},
      {name, R"("a\u0000")", {{"", "has a NUL character", "a string of 1 to 4 bytes"}}},
      {name, R"("")",       {{"", "is empty", "a string of 1 to 4 bytes"}}},
      {name, R"("fives")",  {{"", "5 bytes are too many", "a string of 1 to 4 bytes"}}},
      {name, R"("äöü")",    {{"", "6 bytes are too many", "a string of 1 to 4 bytes"}}},
      {name, "1",           {{"", "expected a string, got an integer", "a string of 1 to 4 bytes"}}},
      {Schema::text(2, 4), R"("a")", {{"", "1 bytes are too few", "a string of 2 to 4 bytes"}}},
      {mac(), R"("02:00:00:00:00:01")", {}},
      {mac(), R"("5g")",    {{"", R"("5g" is not a valid mac)", "six pairs of hex digits"}}},
      {mac(), R"("\u0000")", {{"", R"("\u0000" is not a valid mac)", "six pairs of hex digits"}}},
      {Schema::word({"up", "down"}), R"("up")", {}},
      {Schema::word({"up", "down"}), R"("Up")", {{"", R"("Up" is unknown)", "up, down; did you mean up?"}}},
      {Schema::word({"up", "down"}), R"("left")", {{"", R"("left" is unknown)", "up, down"}}},
  });
}

TEST(SchemaCheck, ListsAndMaps) {
  const Schema list = Schema::list(Schema::integer(1, 9), 2);
  const Schema map = Schema::map(Schema::text(1, 3), Schema::integer(1, 9), 2);
  expect_all({
      {list, "[]", {}},
      {list, "[1,9]", {}},
      {list, "[1,2,3]", {{"", "3 items are too many", "a list of at most 2 (1..9)"}}},
      {list, "[0,1]",   {{"[0]", "0 is out of range", "1..9"}}},
      {list, "{}",      {{"", "expected a list, got an object", "a list of at most 2 (1..9)"}}},
      {map, "{}", {}},
      {map, R"({"a":1,"abc":9})", {}},
      {map, R"({"a":1,"b":2,"c":3})",
       {{"", "3 members are too many", "an object of at most 2, its keys: a string of 1 to 3 bytes"}}},
      {map, R"({"abcd":1})", {{"abcd", "4 bytes are too many", "a string of 1 to 3 bytes"}}},
      {map, R"({"a.b":0})",  {{R"(["a.b"])", "0 is out of range", "1..9"}}},
      {map, "[]", {{"", "expected an object, got a list", "an object of at most 2, its keys: a string of 1 to 3 bytes"}}},
  });
}

TEST(SchemaCheck, Objects) {
  const Schema object = Schema::object({{"name", Schema::text(1, 4), {}, true},
                                        {"mtu", Schema::integer(68, 9000)},
                                        {"inner", Schema::object({{"x", Schema::boolean()}})}});
  expect_all({
      {object, R"({"name":"a"})", {}},
      {object, R"({"mtu":68,"name":"a","inner":{"x":true}})", {}},
      {object, "{}",                        {{"name", "missing", "a string of 1 to 4 bytes"}}},
      {object, R"({"name":null})",
       {{"name", "expected a string, got null", "a string of 1 to 4 bytes"}}},
      {object, R"({"name":"a","mtv":1})",   {{"mtv", "unknown field", "name, mtu, inner; did you mean mtu?"}}},
      {object, R"({"name":"a","":1})",      {{R"([""])", "unknown field", "name, mtu, inner"}}},
      {object, R"({"name":"a","inner":{"y.z":1}})", {{R"(inner["y.z"])", "unknown field", "x"}}},
      {object, R"({"mtu":1,"zzz":0,"inner":{"x":1}})",
       {{"name", "missing", "a string of 1 to 4 bytes"},
        {"mtu", "1 is out of range", "68..9000"},
        {"inner.x", "expected a boolean, got an integer", "true or false"},
        {"zzz", "unknown field", "name, mtu, inner"}}},
      {Schema::object({}), R"({"a":1})",    {{"a", "unknown field", "no fields"}}},
      {Schema::object({}), "null",          {{"", "expected an object, got null", "an object without fields"}}},
  });
}

TEST(SchemaCheck, Variants) {
  const Schema strict = Schema::variant("type", {{"tap", {}}, {"tun", {}}});
  expect_all({
      {vlan(), "{}", {}},
      {vlan(), R"({"native":5})", {}},
      {vlan(), R"({"mode":"trunk","native":5})", {}},
      {vlan(), R"({"pvid":5,"mode":"access"})", {}},
      {vlan(), R"({"mode":"access"})",           {{"pvid", "missing", "1..4094"}}},
      {vlan(), R"({"mode":"acces","pvid":0})",
       {{"mode", R"("acces" is unknown)", "access, trunk, tunnel; did you mean access?"}}},
      {vlan(), R"({"mode":7})",
       {{"mode", "expected a string, got an integer", "access, trunk, tunnel"}}},
      {vlan(), R"({"pvid":5})",   {{"pvid", "unknown field where mode is trunk", "mode, native"}}},
      {vlan(), R"({"mode":"access","pvid":1,"native":5})",
       {{"native", "unknown field where mode is access", "mode, pvid"}}},
      {vlan(), R"({"natvie":5})", {{"natvie", "unknown field", "mode, native; did you mean native?"}}},
      {vlan(), "[]",
       {{"", "expected an object, got a list", "an object whose mode is one of access, trunk, tunnel"}}},
      {strict, R"({"type":"tun"})", {}},
      {strict, "{}", {{"type", "missing", "tap, tun"}}},
  });
}

TEST(SchemaCheck, Choices) {
  const Schema native = Schema::any_of({Schema::integer(1, 4094), Schema::null()}, "1..4094 or null");
  const Schema reserved = Schema::any_of({Schema::word({"lldp", "stp"}), mac()}, "lldp, stp or a MAC");
  expect_all({
      {native, "null", {}},
      {native, "7", {}},
      {native, "0",      {{"", "0 is out of range", "1..4094 or null"}}},
      {native, "\"7\"",  {{"", "expected an integer or null, got a string", "1..4094 or null"}}},
      {vlan_set(), R"("1-100")", {}},
      {vlan_set(), "[1,4094]", {}},
      {vlan_set(), R"("x")", {{"", R"("x" is not a valid vlan-set)", "VLANs as \"1-100\" or [1]"}}},
      {vlan_set(), "[1,5000]",  {{"[1]", "5000 is out of range", "1..4094"}}},
      {vlan_set(), "[1,2,3,4]", {{"", "4 items are too many", "VLANs as \"1-100\" or [1]"}}},
      {reserved, R"("stp")", {}},
      {reserved, R"("02:00:00:00:00:01")", {}},
      {reserved, R"("stq")", {{"", R"("stq" is not allowed)", "lldp, stp or a MAC"}}},
      {reserved, "1",        {{"", "expected a string, got an integer", "lldp, stp or a MAC"}}},
  });
}
// clang-format on

TEST(SchemaCheck, PlaceOfAValueIsItsPathFromTheTop) {
  const Schema port = Schema::object({{"vlan", vlan()}, {"addresses", Schema::list(mac(), 4)}});
  const Schema document = Schema::object({{"ports", Schema::map(Schema::text(1, 32), port, 9)}});
  const Json value = Json::parse(
      R"({"ports":{"a":{"vlan":{"mode":"access","pvid":5000}},"b.c":{"addresses":["","x"]}}})");
  const Problems problems = document.check(value, "config");
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].field, "config.ports.a.vlan.pvid");
  EXPECT_EQ(problems[1].field, R"(config.ports["b.c"].addresses[0])");
  EXPECT_EQ(problems[2].field, R"(config.ports["b.c"].addresses[1])");
}

TEST(SchemaCheck, NumberMadeByTheProgramIsAsGoodAsOneThatWasRead) {
  EXPECT_EQ(Schema::integer(1, 9).check(Json(5U)), Problems{});
  EXPECT_EQ(Schema::integer(1, 9).check(Json(5)), Problems{});
}

// ------------------------------------------------------------- answers that stay small

TEST(SchemaCheck, AtMost64ProblemsAreTold) {
  Json unknown = Json::object();
  for (int i = 0; i < 1000; ++i) {
    unknown[std::to_string(i)] = i;
  }
  EXPECT_EQ(Schema::object({}).check(unknown).size(), 64U);
  EXPECT_EQ(Schema::list(Schema::boolean(), 100'000).check(Json(std::vector<int>(90'000))).size(),
            64U);
}

TEST(SchemaCheck, ProblemRepeatsOnlyABitOfALongText) {
  const std::string longest(1 << 20, 'x');
  const Schema map = Schema::map(mac(), Schema::list(mac(), 4), 9);
  const auto mebibyte_each = Json::object({{longest, {longest, longest}}});
  for (const Schema& schema : {Schema::object({}), map, vlan(), vlan_set()}) {
    for (const Json& value : {mebibyte_each, Json(longest), Json::object({{"mode", longest}})}) {
      for (const Problem& problem : schema.check(value)) {
        EXPECT_LT(problem.field.size() + problem.problem.size() + problem.allowed.size(), 400U);
      }
    }
  }
}

TEST(SchemaCheck, PlacesCanBeJsonPointers) {
  const Schema item = Schema::object({{"x", Schema::integer(1, 2)}});
  const Schema schema = Schema::map(Schema::text(0, 9), Schema::list(item, 9), 9);
  const Json value = Json::parse(R"({"a/b~c": [{}, {"x": 3, "y": 0}]})");
  std::vector<std::string> paths;
  for (const Problem& problem : schema.check(value, "/root", Schema::Paths::pointers)) {
    paths.push_back(problem.field);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"/root/a~1b~0c/1/x", "/root/a~1b~0c/1/y"}));
}

TEST(SchemaCheck, WhatIsUncheckedIsOnlyShown) {
  const Schema schema = Schema::unchecked(Schema::integer(1, 2));
  EXPECT_TRUE(schema.check("anything").empty());
  EXPECT_EQ(schema.to_json_schema(), Schema::integer(1, 2).to_json_schema());
}

}  // namespace schema_check_test

}  // namespace tapswitch::rpc
