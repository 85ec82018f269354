// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/dispatcher.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rpc/example_methods.hpp"

namespace tapswitch::rpc {

namespace dispatcher_test {

using testing::HasSubstr;
using testing::Not;

class DispatcherTest : public testing::Test {
 protected:
  Json ask(const std::string& line, const Caller& caller = {}) {
    const auto reply = dispatcher_.answer(line, caller);
    return reply ? Json::parse(*reply) : Json();
  }

  Json call(const std::string& method, const Json& params = Json::object(),
            const Caller& caller = {}) {
    const Json request = {{"jsonrpc", "2.0"}, {"method", method}, {"params", params}, {"id", 1}};
    return ask(request.dump(), caller);
  }

  std::vector<Method> methods_ = test::example_methods();
  std::vector<std::string> faults_;
  Dispatcher dispatcher_{methods_, test::example_handlers(),
                         [this](std::string_view method, std::string_view what) {
                           faults_.push_back(fmt::format("{}: {}", method, what));
                         }};
};

// ------------------------------------------------------------------------------- the envelope

struct Envelope {
  const char* request;
  int code;           // 0: answered
  const char* field;  // data.field of an invalid_request
  const char* id;     // of the reply
};

// clang-format off
const Envelope envelopes[] = {
    {R"({"jsonrpc":"2.0","method":"get_data","id":1})",                0, "", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":null})",             0, "", "null"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":""})",               0, "", R"("")"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":-1.5})",             0, "", "-1.5"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":18446744073709551615})", 0, "",
     "18446744073709551615"},
    {R"({"jsonrpc":"2.0","method":"get_data","params":{},"id":1})",    0, "", "1"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"get_data\",\"id\":1}\r",       0, "", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":18446744073709551616})", -32600, "id", "null"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":true})",        -32600, "id", "null"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":[]})",          -32600, "id", "null"},
    {R"({"jsonrpc":"2.0","method":"get_data","id":{}})",          -32600, "id", "null"},
    {R"({"jsonrpc":2.0,"method":"get_data","id":1})",             -32600, "jsonrpc", "1"},
    {R"({"jsonrpc":"1.0","method":"get_data","id":1})",           -32600, "jsonrpc", "1"},
    {R"({"method":"get_data","id":1})",                           -32600, "jsonrpc", "1"},
    {R"({"jsonrpc":"2.0","id":1})",                               -32600, "method", "1"},
    {R"({"jsonrpc":"2.0","method":null,"id":1})",                 -32600, "method", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","params":null,"id":1})", -32600, "params", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","params":"a","id":1})",  -32600, "params", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","parms":{},"id":1})",    -32600, "parms", "1"},
    {R"({"jsonrpc":"2.0","method":"get_data","params":[],"id":1})",   -32602, "", "1"},
    {R"({"jsonrpc":"2.0","id":1,"method":"get_data","id":2})",    -32700, nullptr, "null"},
    {R"("get_data")",                                             -32600, "", "null"},
    {"",                                                          -32700, nullptr, "null"},
};
// clang-format on

TEST_F(DispatcherTest, EnvelopeIsChecked) {
  for (const Envelope& each : envelopes) {
    SCOPED_TRACE(each.request);
    const Json reply = ask(each.request);
    EXPECT_EQ(reply["jsonrpc"], "2.0");
    EXPECT_EQ(reply["id"].dump(), each.id);
    EXPECT_EQ(reply.contains("result"), each.code == 0);
    if (each.code != 0) {
      EXPECT_EQ(reply["error"]["code"], each.code);
      if (each.field != nullptr) {
        EXPECT_EQ(reply["error"]["data"]["field"], each.field);
      }
    }
  }
}

TEST_F(DispatcherTest, InvalidRequestWithoutIdIsAnsweredThoughItMayHaveBeenANotification) {
  const Json reply = ask(R"({"jsonrpc":"2.0","method":"get_data","extra":1})");
  EXPECT_EQ(reply["error"]["data"]["kind"], "invalid_request");
  EXPECT_TRUE(reply["id"].is_null());
}

TEST_F(DispatcherTest, NotificationIsNotAnsweredWhateverGoesWrong) {
  for (const char* method : {"get_data", "subtract", "fail.refused", "fail.bug", "nonsense"}) {
    const Json notification = {{"jsonrpc", "2.0"}, {"method", method}};
    EXPECT_EQ(dispatcher_.answer(notification.dump(), {}), std::nullopt) << method;
  }
  EXPECT_EQ(faults_.size(), 1U);  // but the log hears of the bug
}

// ----------------------------------------------------------------------------------- batches

std::string batch_of(std::size_t count) {
  const std::string request = R"({"jsonrpc":"2.0","method":"get_data","id":1})";
  std::string batch = "[" + request;
  for (std::size_t i = 1; i < count; ++i) {
    batch += "," + request;
  }
  return batch + "]";
}

TEST_F(DispatcherTest, BatchOfTheGreatestSizeIsAnswered) {
  EXPECT_EQ(ask(batch_of(Limits{}.batch_requests)).size(), Limits{}.batch_requests);
}

TEST_F(DispatcherTest, BatchBeyondTheLimitIsRefusedAsAWhole) {
  const Json reply = ask(batch_of(Limits{}.batch_requests + 1));
  EXPECT_EQ(reply["error"]["data"]["kind"], "limit_reached");
  EXPECT_EQ(reply["error"]["data"]["limit"], Limits{}.batch_requests);
  EXPECT_TRUE(reply["id"].is_null());
}

TEST_F(DispatcherTest, BatchWhoseRepliesAreTooLongIsCarriedOutNoFurther) {
  const Dispatcher small(methods_, test::example_handlers(), {}, {.unsent_bytes_per_session = 200});
  const Json replies = Json::parse(small.answer(batch_of(10), {}).value());
  ASSERT_EQ(replies.size(), 10U);
  EXPECT_TRUE(replies[0].contains("result"));
  EXPECT_EQ(replies[9]["error"]["data"]["kind"], "limit_reached");
  EXPECT_EQ(replies[9]["id"], 1);
}

TEST_F(DispatcherTest, BatchWithinABatchIsAnInvalidRequest) {
  const Json reply = ask(R"([[{"jsonrpc":"2.0","method":"get_data","id":1}]])");
  ASSERT_EQ(reply.size(), 1U);
  EXPECT_EQ(reply[0]["error"]["code"], -32600);
}

// ------------------------------------------------------------------------- methods and callers

TEST_F(DispatcherTest, UnknownMethodSuggestsTheNearest) {
  const Json error = call("substract")["error"];
  EXPECT_EQ(error["code"], -32601);
  EXPECT_EQ(error["data"]["kind"], "method_not_found");
  EXPECT_EQ(error["data"]["did_you_mean"], Json::array({"subtract"}));
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("did you mean subtract?"));
}

TEST_F(DispatcherTest, UnknownMethodThatResemblesNoneSuggestsNothing) {
  EXPECT_FALSE(call("elephant")["error"]["data"].contains("did_you_mean"));
}

TEST_F(DispatcherTest, ReadOnlyCallerMayAskButNotChange) {
  const Caller reader{.is_read_only = true};
  EXPECT_EQ(call("get_data", Json::object(), reader)["result"][0], "hello");
  EXPECT_EQ(call("update", {{"numbers", {1}}}, reader)["error"]["data"]["kind"], "read_only");
  EXPECT_TRUE(call("update", {{"numbers", {1}}}).contains("result"));
}

TEST_F(DispatcherTest, ReadOnlyCallerWhoMayCaptureMayDoThatAlone) {
  const std::vector<Method> methods{
      {"capture.start", "", Schema::object({}), Schema::null(), true, true},
      {"port.add", "", Schema::object({}), Schema::null(), true}};
  const Handler nothing = [](const Json&, const Caller&) { return Json(); };
  const Dispatcher dispatcher(methods, {{"capture.start", nothing}, {"port.add", nothing}});
  const std::string capture = R"({"jsonrpc":"2.0","method":"capture.start","id":1})";
  const std::string add = R"({"jsonrpc":"2.0","method":"port.add","id":1})";
  const Caller reader{.is_read_only = true};
  const Caller member{.is_read_only = true, .may_capture = true};
  EXPECT_THAT(*dispatcher.answer(capture, reader), HasSubstr("read_only"));
  EXPECT_THAT(*dispatcher.answer(capture, member), HasSubstr("result"));
  EXPECT_THAT(*dispatcher.answer(add, member), HasSubstr("read_only"));
}

TEST_F(DispatcherTest, ParametersThatDoNotFitNeverReachTheHandler) {
  const std::vector<Method> methods{
      {"port.set", "", Schema::object({{"mtu", Schema::integer(68, 65521)}}), Schema::null()}};
  int calls = 0;
  const Dispatcher dispatcher(methods, {{"port.set", [&](const Json&, const Caller&) {
                                           ++calls;
                                           return Json();
                                         }}});
  EXPECT_THAT(
      *dispatcher.answer(R"({"jsonrpc":"2.0","method":"port.set","params":{"mtu":1},"id":1})", {}),
      HasSubstr("1 is out of range"));
  EXPECT_EQ(calls, 0);
}

TEST_F(DispatcherTest, AllProblemsAreToldTheFirstOfThemForPeople) {
  const Json error = call("subtract", {{"minuend", "a"}, {"x", 1}})["error"];
  EXPECT_EQ(error["code"], -32602);
  EXPECT_EQ(error["data"]["kind"], "invalid_params");
  EXPECT_EQ(error["data"]["field"], "minuend");
  EXPECT_EQ(error["data"]["problem"], "expected an integer, got a string");
  EXPECT_EQ(error["data"]["allowed"], "-1000000..1000000");
  ASSERT_EQ(error["data"]["problems"].size(), 3U);
  EXPECT_EQ(error["data"]["problems"][1]["field"], "subtrahend");
  EXPECT_EQ(error["data"]["problems"][2]["problem"], "unknown field");
}

TEST_F(DispatcherTest, PositionalParametersAreRefusedWithTheReason) {
  EXPECT_EQ(call("subtract", Json::array({1, 2}))["error"]["data"]["problem"],
            "parameters go by name");
}

// -------------------------------------------------------------------------- what handlers throw

TEST_F(DispatcherTest, RefusalOfAHandlerIsTheReply) {
  EXPECT_EQ(call("fail.refused")["error"],
            Json::parse(R"({"code": -32001, "message": "there is no port 'x'",
                            "data": {"kind": "not_found", "port": "x"}})"));
  EXPECT_TRUE(faults_.empty());
}

TEST_F(DispatcherTest, StrayExceptionIsToldToTheLogAndNotToTheCaller) {
  const Json error = call("fail.bug")["error"];
  EXPECT_EQ(error["code"], -32603);
  EXPECT_EQ(error["data"]["kind"], "internal_error");
  EXPECT_THAT(error.dump(), Not(HasSubstr("secret")));
  EXPECT_THAT(faults_, testing::ElementsAre("fail.bug: secret detail"));
}

TEST_F(DispatcherTest, ExceptionThatIsNoneOfTheLibraryIsCaughtToo) {
  EXPECT_EQ(call("fail.thrown_number")["error"]["code"], -32603);
  EXPECT_EQ(faults_.size(), 1U);
}

TEST_F(DispatcherTest, ResultThatIsNotUtf8IsSentWithReplacementCharacters) {
  EXPECT_EQ(call("text.not_utf8")["result"]["name"], "a\uFFFD\uFFFD z");
}

// ---------------------------------------------------------------------- mistakes in the table

TEST(DispatcherTable, RowWithoutAHandlerIsAMistake) {
  const auto methods = test::example_methods();
  auto handlers = test::example_handlers();
  handlers.erase("sum");
  EXPECT_THROW(Dispatcher(methods, handlers), std::logic_error);
}

TEST(DispatcherTable, EmptyHandlerIsAMistake) {
  const auto methods = test::example_methods();
  auto handlers = test::example_handlers();
  handlers["sum"] = nullptr;
  EXPECT_THROW(Dispatcher(methods, handlers), std::logic_error);
}

TEST(DispatcherTable, HandlerWithoutARowIsAMistake) {
  const auto methods = test::example_methods();
  auto handlers = test::example_handlers();
  handlers["sun"] = handlers["sum"];
  EXPECT_THROW(Dispatcher(methods, handlers), std::logic_error);
}

TEST(DispatcherTable, SecondRowOfTheSameNameIsAMistake) {
  auto methods = test::example_methods();
  methods.push_back(methods.front());
  EXPECT_THROW(Dispatcher(methods, test::example_handlers()), std::logic_error);
}

TEST(DispatcherTable, ParametersThatAreNoObjectAreAMistake) {
  auto methods = test::example_methods();
  methods.front().params = Schema::boolean();
  EXPECT_THROW(Dispatcher(methods, test::example_handlers()), std::logic_error);
}

}  // namespace dispatcher_test

}  // namespace tapswitch::rpc
