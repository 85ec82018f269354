// SPDX-License-Identifier: Apache-2.0
// daemon_fixture.hpp: all methods on a real network, called as a client calls them but without a
// socket. Each result is checked against the shape that the table of methods promises.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "control/api/bind.hpp"
#include "control/api/methods.hpp"
#include "tests/support/root.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch::test {

class DaemonFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    call("switch.add", {{"name", "sw0"}});
  }

  // The whole reply to one request.
  Json reply(const std::string& method, const Json& params, const rpc::Caller& caller = {}) {
    const Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return Json::parse(dispatcher_.answer(request.dump(), caller).value());
  }

  // The result, which must be one, in the shape that is promised.
  Json call(const std::string& method, const Json& params = Json::object()) {
    Json answer = reply(method, params);
    EXPECT_FALSE(answer.contains("error")) << method << ' ' << params << ": " << answer;
    for (const rpc::Method& row : methods_) {
      if (row.name == method && answer.contains("result")) {
        for (const rpc::Problem& problem : row.result.check(answer["result"])) {
          ADD_FAILURE() << method << ": " << problem.field << ": " << problem.problem
                        << " (allowed: " << problem.allowed << ")";
        }
      }
    }
    return answer.value("result", Json());
  }

  // The error, which must be one.
  Json refuse(const std::string& method, const Json& params = Json::object()) {
    Json answer = reply(method, params);
    EXPECT_TRUE(answer.contains("error")) << method << ' ' << params << ": " << answer;
    return answer.value("error", Json());
  }

  std::string refusal_kind(const std::string& method, const Json& params = Json::object()) {
    const Json error = refuse(method, params);
    return error.is_null() ? "" : error["data"]["kind"].get<std::string>();
  }

  // Has the control thread run 'task' with run_posted(). May be called by any thread.
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }

  // Runs what workers have handed to the control thread.
  void run_posted() {
    std::vector<std::function<void()>> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(posted_);
    }
    for (const auto& task : tasks) {
      task();
    }
    network_.attend();
  }

  // A tick, with all the turns that it takes.
  void tick(TimePoint now) {
    network_.tick(now);
    while (has_posted()) {
      run_posted();
    }
  }
  [[nodiscard]] bool has_posted() {
    const std::lock_guard lock(mutex_);
    return !posted_.empty();
  }

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  int shut_downs_ = 0;
  std::string log_level_ = "info";
  std::vector<std::string> changes_;  // methods that the change log was told of

  events::EventHub events_;
  network::Network network_{
      {.worker_count = 2}, [this](std::function<void()> task) { post(std::move(task)); }, events_};
  network::Captures captures_{network_,
                              [this](std::function<void()> task) { post(std::move(task)); }};
  api::Daemon daemon_{.version = "0.0.0",
                      .socket_path = "/nowhere",
                      .started = std::chrono::steady_clock::now(),
                      .shut_down = [this] { ++shut_downs_; },
                      .set_log_level = [this](const std::string& level) { log_level_ = level; }};
  api::RateMeter meter_;
  std::vector<rpc::Method> methods_ = api::methods();
  rpc::Dispatcher dispatcher_{
      methods_, api::with_change_log(api::bind_all(network_, daemon_, meter_, captures_), methods_,
                                     [this](const std::string& method, const Json&,
                                            const rpc::Caller&) { changes_.push_back(method); })};
};

}  // namespace tapswitch::test
