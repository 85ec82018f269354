// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/openrpc.hpp"

#include <gtest/gtest.h>

#include "tests/rpc/example_methods.hpp"

namespace tapswitch::rpc {

namespace openrpc_test {

TEST(Openrpc, DocumentHasTheMembersThatOpenrpcRequires) {
  const auto methods = test::example_methods();
  const Json document = openrpc_document(methods, "1.2.3");
  EXPECT_EQ(document["openrpc"], "1.3.2");
  EXPECT_EQ(document["info"], Json::parse(R"({"title":"tapswitch","version":"1.2.3"})"));
  ASSERT_EQ(document["methods"].size(), methods.size());
  for (const Json& method : document["methods"]) {
    EXPECT_TRUE(method["name"].is_string());
    EXPECT_EQ(method["paramStructure"], "by-name");
    EXPECT_TRUE(method["params"].is_array());
    EXPECT_TRUE(method["result"]["name"].is_string());
    EXPECT_TRUE(method["result"]["schema"].is_object());
  }
}

TEST(Openrpc, ParametersAreContentDescriptorsRequiredOnesFirst) {
  const std::vector<Method> methods{
      {"port.set", "change a port",
       Schema::object({{"mtu", Schema::integer(68, 9000), "bytes", false, 1500},
                       {"name", Schema::text(1, 32), "which port", true}}),
       Schema::null(), true}};
  EXPECT_EQ(openrpc_document(methods, "1")["methods"][0], Json::parse(R"({
    "name": "port.set", "summary": "change a port", "paramStructure": "by-name",
    "params": [
      {"name": "name", "description": "which port", "required": true,
       "schema": {"type": "string", "minLength": 1, "maxLength": 32}},
      {"name": "mtu", "description": "bytes", "required": false,
       "schema": {"type": "integer", "minimum": 68, "maximum": 9000, "default": 1500}}
    ],
    "result": {"name": "result", "schema": {"type": "null"}},
    "x-changes": true})"));
}

TEST(Openrpc, VariantTellsItsWholeSchemaToo) {
  const std::vector<Method> methods{
      {"port.add", "make a port",
       Schema::variant("type", {{"tap", {{"name", Schema::text(1, 32), {}, true}}}}, "tap"),
       Schema::null()}};
  const Json method = openrpc_document(methods, "1")["methods"][0];
  EXPECT_EQ(method["params"].size(), 2U);
  EXPECT_EQ(method["x-params-schema"], methods[0].params.to_json_schema());
}

}  // namespace openrpc_test

}  // namespace tapswitch::rpc
