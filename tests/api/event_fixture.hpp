// SPDX-License-Identifier: Apache-2.0
// event_fixture.hpp: a lab with a session that hears events, and keeps them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/lab_fixture.hpp"

namespace tapswitch::test {

class EventFixture : public LabFixture, protected rpc::Outlet {
 protected:
  bool offer(std::string_view line) override {
    heard_.push_back(Json::parse(line)["params"]);
    return true;
  }
  void engage(std::unique_ptr<Speaker> speaker) override { speaker_ = std::move(speaker); }

  void TearDown() override {
    speaker_.reset();  // before the hub
    LabFixture::TearDown();
  }

  // The result of event.subscribe, in the shape that is promised.
  Json subscribe(Json params) {
    const Json answer = reply("event.subscribe", params, {.outlet = this});
    EXPECT_FALSE(answer.contains("error")) << params << ": " << answer;
    const Json result = answer.value("result", Json());
    for (const rpc::Method& row : methods_) {
      if (row.name == "event.subscribe") {
        EXPECT_TRUE(row.result.check(result).empty()) << result;
      }
    }
    return result;
  }

  // Returns what was heard since the last call, with all that is waiting to be told.
  std::vector<Json> heard() {
    network_.follow_links();
    run_posted();
    return std::exchange(heard_, {});
  }

  // Waits for an event; null if it does not come. What was heard on the way is forgotten.
  Json wait_for(const std::string& topic, const std::string& event) {
    Json found;
    wait_until([&] {
      for (Json& each : heard()) {
        if (found.is_null() && each["topic"] == topic && each["event"] == event) {
          found = std::move(each);
        }
      }
      return !found.is_null();
    });
    EXPECT_FALSE(found.is_null()) << topic << ' ' << event << " did not come";
    return found;
  }

  // "port added a", "fdb moved": topic, event, and the name if there is one.
  static std::vector<std::string> in_short(const std::vector<Json>& events) {
    std::vector<std::string> lines;
    for (const Json& event : events) {
      std::string line =
          event["topic"].get<std::string>() + ' ' + event["event"].get<std::string>();
      if (event["data"].contains("name") && event["data"]["name"].is_string()) {
        line += ' ' + event["data"]["name"].get<std::string>();
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

 private:
  std::vector<Json> heard_;
  std::unique_ptr<Speaker> speaker_;
};

}  // namespace tapswitch::test
