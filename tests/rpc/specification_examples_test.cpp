// SPDX-License-Identifier: Apache-2.0
// specification_examples_test.cpp: section 7 of the JSON-RPC 2.0 specification, example by example.
// Where the specification passes parameters by position, which we refuse, the example stands twice:
// as it is, with the refusal, and with the parameters by name, with the specification's answer.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/rpc/example_methods.hpp"

namespace tapswitch::rpc {

namespace specification_examples_test {

struct Example {
  const char* name;
  const char* request;
  const char* reply;  // errors by their code alone; empty: nothing is sent
};

void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

// clang-format off
const Example examples[] = {
    {"positional_parameters",
     R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
     R"({"jsonrpc": "2.0", "error": -32602, "id": 1})"},
    {"positional_parameters_the_other_way_round",
     R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
     R"({"jsonrpc": "2.0", "error": -32602, "id": 2})"},
    {"named_parameters",
     R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3})",
     R"({"jsonrpc": "2.0", "result": 19, "id": 3})"},
    {"named_parameters_in_another_order",
     R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4})",
     R"({"jsonrpc": "2.0", "result": 19, "id": 4})"},
    {"named_parameters_with_a_negative_result",
     R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 23, "subtrahend": 42}, "id": 2})",
     R"({"jsonrpc": "2.0", "result": -19, "id": 2})"},
    {"notification_with_positional_parameters",
     R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})", ""},
    {"notification",
     R"({"jsonrpc": "2.0", "method": "update", "params": {"numbers": [1,2,3,4,5]}})", ""},
    {"notification_of_a_method_that_does_not_exist",
     R"({"jsonrpc": "2.0", "method": "foobar"})", ""},
    {"method_that_does_not_exist",
     R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
     R"({"jsonrpc": "2.0", "error": -32601, "id": "1"})"},
    {"invalid_json",
     R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])",
     R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
    {"invalid_request_object",
     R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})",
     R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
    {"batch_with_invalid_json",
     R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"])",
     R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
    {"empty_array",
     "[]",
     R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
    {"invalid_batch_that_is_not_empty",
     "[1]",
     R"([{"jsonrpc": "2.0", "error": -32600, "id": null}])"},
    {"invalid_batch",
     "[1,2,3]",
     R"([{"jsonrpc": "2.0", "error": -32600, "id": null},
         {"jsonrpc": "2.0", "error": -32600, "id": null},
         {"jsonrpc": "2.0", "error": -32600, "id": null}])"},
    {"batch_with_positional_parameters",
     R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
         {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
         {"foo": "boo"},
         {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
         {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
     R"([{"jsonrpc": "2.0", "error": -32602, "id": "1"},
         {"jsonrpc": "2.0", "error": -32602, "id": "2"},
         {"jsonrpc": "2.0", "error": -32600, "id": null},
         {"jsonrpc": "2.0", "error": -32601, "id": "5"},
         {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}])"},
    {"batch",
     R"([{"jsonrpc": "2.0", "method": "sum", "params": {"numbers": [1,2,4]}, "id": "1"},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": {"number": 7}},
         {"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": "2"},
         {"foo": "boo"},
         {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
         {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
     R"([{"jsonrpc": "2.0", "result": 7, "id": "1"},
         {"jsonrpc": "2.0", "result": 19, "id": "2"},
         {"jsonrpc": "2.0", "error": -32600, "id": null},
         {"jsonrpc": "2.0", "error": -32601, "id": "5"},
         {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}])"},
    {"batch_of_notifications_with_positional_parameters",
     R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])", ""},
    {"batch_of_notifications",
     R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": {"numbers": [1,2,4]}},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": {"number": 7}}])", ""},
};
// clang-format on

Json with_error_codes_alone(Json reply) {
  if (reply.is_array()) {
    for (Json& each : reply) {
      each = with_error_codes_alone(std::move(each));
    }
  } else if (reply.contains("error")) {
    reply["error"] = Json(reply["error"]["code"]);
  }
  return reply;
}

class SpecificationExample : public testing::TestWithParam<Example> {};

TEST_P(SpecificationExample, IsAnsweredAsTheSpecificationSays) {
  const auto methods = test::example_methods();
  const Dispatcher dispatcher(methods, test::example_handlers());

  const auto reply = dispatcher.answer(GetParam().request, Caller{});

  ASSERT_EQ(reply.has_value(), *GetParam().reply != '\0') << reply.value_or("no reply");
  if (reply) {
    EXPECT_EQ(with_error_codes_alone(Json::parse(*reply)), Json::parse(GetParam().reply));
  }
}

INSTANTIATE_TEST_SUITE_P(Section7, SpecificationExample, testing::ValuesIn(examples),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace specification_examples_test

}  // namespace tapswitch::rpc
