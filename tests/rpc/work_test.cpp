// SPDX-License-Identifier: Apache-2.0
// Requests that are answered bit by bit: who waits for whom meanwhile.
#include "control/rpc/work.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/rpc/dispatcher.hpp"

namespace tapswitch::rpc {
namespace work_test {

using Phase = Answering::Phase;

// Notes each of its bits, and then says how many there were.
class Counting final : public Work {
 public:
  Counting(std::vector<std::string>& diary, const Json& params) : diary_(diary), params_(params) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    diary_.push_back(params_.at("name").get<std::string>());
    if (params_.value("fails", false)) {
      throw Error(ErrorKind::conflict, "no more");
    }
    return ++done_ == 3 ? std::optional(std::to_string(done_)) : std::nullopt;
  }

 private:
  std::vector<std::string>& diary_;
  const Json& params_;
  int done_ = 0;
};

class WorkTest : public testing::Test {
 protected:
  static Schema named() {
    return Schema::object({{"name", Schema::text(1, 8), "", true}, {"fails", Schema::boolean()}});
  }

  static std::string request(const std::string& method, const Json& params, int id = 1) {
    return Json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}, {"id", id}}.dump();
  }

  // Whatever is said until the line is over, or waits.
  std::string go_on(Answering& line) {
    std::string said;
    do {
      said += line.go_on(caller_);
    } while (!line.is_over() && line.phase() != Phase::waiting);
    return said;
  }

  // Goes on until work is under way, and does a bit of it.
  void begin_work(Answering& line) {
    while (line.phase() != Phase::changing && line.phase() != Phase::asking) {
      EXPECT_EQ(line.go_on(caller_), "");
    }
    EXPECT_EQ(line.go_on(caller_), "");
  }

  const Caller caller_ = {};
  std::vector<std::string> diary_;
  const std::vector<Method> methods_ = {
      {"change", "", named(), Schema::any(), true},
      {"change.quickly", "", named(), Schema::any(), true},
      {"ask", "", named(), Schema::any()},
      {"capture", "", named(), Schema::any(), true, true},
  };
  Handler work_ = [this](const Json& params, const Caller&) {
    return std::make_unique<Counting>(diary_, params);
  };
  const Dispatcher dispatcher_{methods_,
                               {{"change", work_},
                                {"change.quickly",
                                 [this](const Json& params, const Caller&) {
                                   diary_.push_back(params.at("name"));
                                   return Json(params.at("name"));
                                 }},
                                {"ask", work_},
                                {"capture", work_}}};
  const std::string change_ = request("change", {{"name", "first"}});
  const std::string quick_ = request("change.quickly", {{"name", "second"}});
  const std::string ask_ = request("ask", {{"name", "asker"}});
};

TEST_F(WorkTest, ResultComesWithTheLastBit) {
  EXPECT_EQ(dispatcher_.answer(ask_, {}), R"({"jsonrpc":"2.0","result":3,"id":1})");
  EXPECT_EQ(diary_.size(), 3U);
}

TEST_F(WorkTest, RefusalInItsMidstIsTheReply) {
  const auto reply = dispatcher_.answer(request("change", {{"name", "x"}, {"fails", true}}), {});
  EXPECT_EQ(Json::parse(reply.value())["error"]["data"]["kind"], "conflict");
  EXPECT_TRUE(dispatcher_.changes().is_empty());
}

TEST_F(WorkTest, BatchGoesOnBehindIt) {
  EXPECT_EQ(dispatcher_.answer("[" + ask_ + "," + change_ + "]", {}),
            R"([{"jsonrpc":"2.0","result":3,"id":1},{"jsonrpc":"2.0","result":3,"id":1}])");
}

TEST_F(WorkTest, WhoAsksIsAnsweredInTheMidstOfAChange) {
  const auto changing = dispatcher_.begin(change_);
  begin_work(*changing);
  EXPECT_EQ(changing->phase(), Phase::changing);
  const auto asking = dispatcher_.begin(ask_);
  EXPECT_NE(go_on(*asking), "");
  EXPECT_TRUE(asking->is_over());
  EXPECT_NE(go_on(*changing), "");
}

TEST_F(WorkTest, OtherChangesWaitInTheOrderOfTheirComing) {
  int left = 0;
  dispatcher_.on_left([&] { ++left; });
  const auto first = dispatcher_.begin(change_);
  begin_work(*first);
  const auto second = dispatcher_.begin(quick_);
  const std::string third_request = request("change.quickly", {{"name", "third"}});
  const auto third = dispatcher_.begin(third_request);
  EXPECT_EQ(go_on(*second), "");
  EXPECT_EQ(go_on(*third), "");
  EXPECT_EQ(second->phase(), Phase::waiting);
  EXPECT_EQ(left, 0);
  EXPECT_NE(go_on(*first), "");
  EXPECT_EQ(left, 1);
  EXPECT_EQ(third->phase(), Phase::waiting);
  EXPECT_EQ(second->phase(), Phase::ready);
  EXPECT_NE(go_on(*second), "");
  EXPECT_NE(go_on(*third), "");
  EXPECT_EQ(diary_, (std::vector<std::string>{"first", "first", "first", "second", "third"}));
  EXPECT_TRUE(dispatcher_.changes().is_empty());
}

TEST_F(WorkTest, CapturesOfGuestsKeepOnlyOneAnotherWaiting) {
  const Caller guest{.is_read_only = true, .may_capture = true};
  const std::string asked = request("capture", {{"name", "guest"}});
  const auto first = dispatcher_.begin(asked);
  while (first->phase() != Phase::changing) {
    (void)first->go_on(guest);
  }
  const auto second = dispatcher_.begin(asked);
  while (second->phase() != Phase::waiting) {
    ASSERT_EQ(second->go_on(guest), "");
  }
  const auto operators = dispatcher_.begin(asked);
  EXPECT_NE(go_on(*operators), "");
  const auto changing = dispatcher_.begin(change_);
  EXPECT_NE(go_on(*changing), "");
  EXPECT_TRUE(dispatcher_.changes().is_empty());
  EXPECT_TRUE(dispatcher_.is_any_under_way());
  while (!first->is_over()) {
    (void)first->go_on(guest);
  }
  EXPECT_EQ(second->phase(), Phase::ready);
}

TEST_F(WorkTest, WhoeverIsGoneWaitsNoMore) {
  const auto first = dispatcher_.begin(change_);
  begin_work(*first);
  auto second = dispatcher_.begin(quick_);
  (void)go_on(*second);
  const std::string third_request = request("change.quickly", {{"name", "third"}});
  const auto third = dispatcher_.begin(third_request);
  (void)go_on(*third);
  second.reset();
  (void)go_on(*first);
  EXPECT_NE(go_on(*third), "");
}

TEST_F(WorkTest, ChangeThatIsRefusedKeepsNobodyWaiting) {
  const std::string failing = request("change", {{"name", "x"}, {"fails", true}});
  const auto first = dispatcher_.begin(failing);
  while (first->phase() != Phase::changing) {
    (void)first->go_on(caller_);
  }
  const auto second = dispatcher_.begin(quick_);
  EXPECT_EQ(go_on(*second), "");
  EXPECT_NE(go_on(*first), "");
  EXPECT_NE(go_on(*second), "");
}

TEST_F(WorkTest, WhatComesBehindAResultMayRefuseIt) {
  bool is_called = false;
  const Dispatcher dispatcher(std::span<const Method>(methods_).first(1),
                              {{"change", [&](const Json& params, const Caller& caller) {
                                  return and_then(work_(params, caller), [&] {
                                    is_called = true;
                                    throw Error(ErrorKind::kernel_refused, "not saved");
                                  });
                                }}});
  const auto reply = dispatcher.answer(change_, {});
  EXPECT_EQ(Json::parse(reply.value())["error"]["message"], "not saved");
  EXPECT_TRUE(is_called);
  EXPECT_EQ(diary_.size(), 3U);
}

}  // namespace work_test
}  // namespace tapswitch::rpc
