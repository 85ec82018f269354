// SPDX-License-Identifier: Apache-2.0
// The refusals of to_request() are tested through the dispatcher, in dispatcher_test.cpp.
#include "control/rpc/jsonrpc.hpp"

#include <gtest/gtest.h>

namespace tapswitch::rpc {

namespace jsonrpc_test {

TEST(Jsonrpc, RequestIsTakenApart) {
  const Request request = to_request(
      Json::parse(R"({"jsonrpc":"2.0","method":"port.get","params":{"name":"a"},"id":"x"})"));
  EXPECT_EQ(request.method, "port.get");
  EXPECT_EQ(request.params, Json({{"name", "a"}}));
  EXPECT_EQ(request.id, Json("x"));
}

TEST(Jsonrpc, RequestWithoutParametersHasAnEmptyObjectOfThem) {
  const Request request = to_request(Json::parse(R"({"jsonrpc":"2.0","method":"a"})"));
  EXPECT_EQ(request.params, Json::object());
}

TEST(Jsonrpc, NullIsAnIdAndNothingIsNone) {
  EXPECT_TRUE(to_request(Json::parse(R"({"jsonrpc":"2.0","method":"a","id":null})")).id);
  EXPECT_FALSE(to_request(Json::parse(R"({"jsonrpc":"2.0","method":"a"})")).id);
}

TEST(Jsonrpc, RepliesHaveTheMembersOfTheSpecification) {
  EXPECT_EQ(success_line(1, R"({"a":2})"), R"({"jsonrpc":"2.0","result":{"a":2},"id":1})");
  EXPECT_EQ(success_line("x", "null"), R"({"jsonrpc":"2.0","result":null,"id":"x"})");
  EXPECT_EQ(to_line(error_reply(nullptr, Error(ErrorKind::conflict, "no"))),
            R"({"jsonrpc":"2.0","error":{"code":-32006,"message":"no",)"
            R"("data":{"kind":"conflict"}},"id":null})");
}

TEST(Jsonrpc, LineIsOneLineAndUtf8WhateverTheTextHolds) {
  EXPECT_EQ(to_line("a\nb\xff"), "\"a\\nb\uFFFD\"");
}

}  // namespace jsonrpc_test

}  // namespace tapswitch::rpc
