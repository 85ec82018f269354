// SPDX-License-Identifier: Apache-2.0
// rpc_line_property_test.cpp: whatever bytes arrive, the dispatcher answers with one valid JSON-RPC
// response, a batch of them, or nothing. The seeds of the fuzzer are tried too, so that what it
// once found stays found where no fuzzer is built.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/rpc/response_check.hpp"

namespace tapswitch::rpc {

namespace rpc_line_property_test {

const std::vector<Method>& methods() {
  static const auto rows = test::example_methods();
  return rows;
}

void expect_good_answer(const std::string& line) {
  const Dispatcher dispatcher(methods(), test::example_handlers());
  const auto reply = dispatcher.answer(line, Caller{});
  if (reply) {
    RC_ASSERT(test::fault_of_reply(*reply) == "");
  }
}

RC_GTEST_PROP(RpcLine, AnyBytesGetAValidResponseOrNothing, (const std::string& line)) {
  expect_good_answer(line);
}

// Words of the protocol in any order reach further than bytes do.
RC_GTEST_PROP(RpcLine, AnyTokensGetAValidResponseOrNothing, ()) {
  const auto token = rc::gen::elementOf(
      std::vector<std::string>{"{",
                               "}",
                               "[",
                               "]",
                               ":",
                               ",",
                               "\"jsonrpc\"",
                               "\"2.0\"",
                               "\"method\"",
                               "\"sum\"",
                               "\"subtract\"",
                               "\"params\"",
                               "\"numbers\"",
                               "\"minuend\"",
                               "\"id\"",
                               "1",
                               "-1",
                               "1.5",
                               "1e999",
                               "null",
                               "true",
                               "\"\\ud800\"",
                               "\"\xff\"",
                               "9223372036854775808",
                               R"({"jsonrpc":"2.0","method":"get_data","id":1})",
                               R"({"jsonrpc":"2.0","method":"fail.bug","id":1})"});
  std::string line;
  for (const std::string& each : *rc::gen::container<std::vector<std::string>>(token)) {
    line += each;
  }
  expect_good_answer(line);
}

// A good request of which one byte is another.
RC_GTEST_PROP(RpcLine, DamagedRequestGetsAValidResponseOrNothing, (char byte)) {
  std::string line =
      R"([{"jsonrpc":"2.0","method":"subtract","params":{"minuend":4,"subtrahend":2},"id":"a"}])";
  line[*rc::gen::inRange<std::size_t>(0, line.size())] = byte;
  expect_good_answer(line);
}

TEST(RpcLine, SeedOfTheFuzzerGetsAValidResponseOrNothing) {
  const Dispatcher dispatcher(methods(), test::example_handlers());
  int seed_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(RPC_LINE_SEEDS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string line(std::istreambuf_iterator<char>(file), {});
    if (const auto reply = dispatcher.answer(line, Caller{})) {
      EXPECT_EQ(test::fault_of_reply(*reply), "") << entry.path();
    }
    ++seed_count;
  }
  EXPECT_GT(seed_count, 0);
}

}  // namespace rpc_line_property_test

}  // namespace tapswitch::rpc
