// SPDX-License-Identifier: Apache-2.0
#include "control/events/event_hub.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "control/rpc/error.hpp"

namespace tapswitch::events {
namespace event_hub_test {

// A session that has room for as many events as the test says.
class TestOutlet final : public rpc::Outlet {
 public:
  bool offer(std::string_view line) override {
    if (room_ == 0) {
      return false;
    }
    --room_;
    const Json message = Json::parse(line);
    EXPECT_EQ(message["jsonrpc"], "2.0");
    EXPECT_EQ(message["method"], "event");
    EXPECT_FALSE(message.contains("id"));
    heard_.push_back(message["params"]);
    return true;
  }
  void engage(std::unique_ptr<Speaker> speaker) override { speaker_ = std::move(speaker); }

  void make_room(std::size_t events) {
    room_ = events;
    speaker_->on_room();
  }
  void fill() { room_ = 0; }
  void end() { speaker_.reset(); }

  [[nodiscard]] std::vector<Json> take() { return std::exchange(heard_, {}); }

 private:
  std::size_t room_ = 1000;
  std::vector<Json> heard_;
  std::unique_ptr<Speaker> speaker_;
};

TopicSet topics(std::initializer_list<Topic> wanted) {
  TopicSet set;
  for (const Topic topic : wanted) {
    set.set(to_size(topic));
  }
  return set;
}

// How many events a subscriber misses, if it believes the numbers. Each must be accounted for.
std::uint64_t count_lost(const std::vector<Json>& events, std::uint64_t last = 0) {
  std::uint64_t lost = 0;
  for (const Json& event : events) {
    const std::uint64_t skipped =
        event["event"] == "lost" ? event["data"]["count"].get<std::uint64_t>() : 0;
    EXPECT_EQ(event["sequence"], last + skipped + 1) << event;
    last = event["sequence"];
    lost += skipped;
  }
  return lost;
}

class EventHubTest : public testing::Test {
 protected:
  void publish(int count, Topic topic = Topic::ports) {
    for (int i = 0; i < count; ++i) {
      hub_.publish(topic, "changed", "sw0", {{"number", i}});
    }
  }

  EventHub hub_;
  TestOutlet outlet_;
};

TEST_F(EventHubTest, SubscriberIsToldAllThereIsToKnow) {
  EXPECT_EQ(hub_.subscribe(outlet_, {.topics = topics({Topic::stations})}), 1U);
  hub_.publish(Topic::stations, "moved", "sw0", {{"vlan", 10}});
  const std::vector<Json> heard = outlet_.take();
  ASSERT_EQ(heard.size(), 1U);
  Json event = heard.front();
  const auto time = event["time"].get<std::string>();
  EXPECT_TRUE(std::regex_match(time, std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")))
      << time;
  event.erase("time");
  EXPECT_EQ(event.dump(),
            R"({"subscription":1,"sequence":1,"topic":"fdb","event":"moved","switch":"sw0",)"
            R"("data":{"vlan":10}})");
}

TEST_F(EventHubTest, OnlyWhatWasAskedForIsTold) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports, Topic::log}), .switch_name = "sw1"});
  hub_.publish(Topic::ports, "up", "sw0", {});
  hub_.publish(Topic::vlans, "changed", "sw1", {});
  hub_.publish(Topic::ports, "up", "sw1", {});
  hub_.publish(Topic::log, "line", "", {});  // of no switch, so of every one
  const std::vector<Json> heard = outlet_.take();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0]["topic"], "port");
  EXPECT_EQ(heard[1]["topic"], "log");
  EXPECT_FALSE(heard[1].contains("switch"));
}

TEST_F(EventHubTest, SubscriptionsAreNumberedApart) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  publish(2);
  EXPECT_EQ(hub_.subscribe(outlet_, {.topics = topics({Topic::ports})}), 2U);
  publish(1);
  std::vector<std::string> numbers;
  for (const Json& event : outlet_.take()) {
    numbers.push_back(event["subscription"].dump() + ':' + event["sequence"].dump());
  }
  EXPECT_EQ(numbers, (std::vector<std::string>{"1:1", "1:2", "1:3", "2:1"}));
}

TEST_F(EventHubTest, WhatFindsNoRoomIsCountedAndToldWhenThereIsRoomAgain) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  publish(3);
  outlet_.fill();
  publish(5);
  outlet_.make_room(1000);
  publish(2);
  const std::vector<Json> heard = outlet_.take();
  ASSERT_EQ(heard.size(), 3U + 1U + 2U);
  EXPECT_EQ(heard[3]["topic"], "event");
  EXPECT_EQ(heard[3]["event"], "lost");
  EXPECT_EQ(count_lost(heard), 5U);
}

TEST_F(EventHubTest, LossIsNotForgottenWhereNotEvenItsAnnouncementFindsRoom) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  outlet_.fill();
  publish(2);
  outlet_.make_room(1);  // for one of the two
  publish(1);
  outlet_.make_room(1000);
  publish(1);
  std::vector<Json> first;
  std::vector<Json> second;
  for (const Json& event : outlet_.take()) {
    (event["subscription"] == 1 ? first : second).push_back(event);
  }
  EXPECT_EQ(count_lost(first), 3U);
  EXPECT_EQ(count_lost(second), 3U);
}

TEST_F(EventHubTest, WhatWasLostBeforeItCameHereIsToldAtOnce) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::stations})});
  publish(1, Topic::stations);
  hub_.lose(Topic::stations, "sw0", 7);
  hub_.lose(Topic::ports, "sw0", 7);
  hub_.lose(Topic::stations, "sw0", 0);
  publish(1, Topic::stations);
  const std::vector<Json> heard = outlet_.take();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_EQ(count_lost(heard), 7U);
}

TEST_F(EventHubTest, OneThatDoesNotReadCostsNoOtherAnything) {
  TestOutlet deaf;
  hub_.subscribe(deaf, {.topics = topics({Topic::ports})});
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  deaf.fill();
  publish(100);
  EXPECT_EQ(count_lost(outlet_.take()), 0U);
  EXPECT_TRUE(deaf.take().empty());
  deaf.end();
}

TEST_F(EventHubTest, InterestIsToldWhenItBeginsAndWhenItEnds) {
  std::vector<std::string> changes;
  hub_.on_interest([&](Topic topic, bool is_wanted) {
    changes.push_back(std::string(name_of(topic)) + (is_wanted ? " on" : " off"));
  });
  TestOutlet other;
  hub_.subscribe(outlet_, {.topics = topics({Topic::ports, Topic::stations})});
  hub_.subscribe(other, {.topics = topics({Topic::stations})});
  EXPECT_TRUE(hub_.is_wanted(Topic::stations));
  outlet_.end();
  EXPECT_FALSE(hub_.is_wanted(Topic::ports));
  hub_.unsubscribe(other, 1);
  EXPECT_EQ(changes, (std::vector<std::string>{"port on", "fdb on", "port off", "fdb off"}));
}

TEST_F(EventHubTest, SubscriptionThatHasEndedIsToldNothingAndHasNoName) {
  const std::uint64_t id = hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  hub_.unsubscribe(outlet_, id);
  publish(1);
  EXPECT_TRUE(outlet_.take().empty());
  EXPECT_THROW(hub_.unsubscribe(outlet_, id), rpc::Error);
  EXPECT_EQ(hub_.subscribe(outlet_, {.topics = topics({Topic::ports})}), id + 1);
  TestOutlet stranger;
  EXPECT_THROW(hub_.unsubscribe(stranger, id + 1), rpc::Error);
}

TEST_F(EventHubTest, SubscriptionsOfASessionAreLimited) {
  const rpc::Limits limits;
  for (std::size_t i = 0; i < limits.subscriptions_per_session; ++i) {
    hub_.subscribe(outlet_, {.topics = topics({Topic::ports})});
  }
  EXPECT_THROW(hub_.subscribe(outlet_, {.topics = topics({Topic::ports})}), rpc::Error);
  hub_.unsubscribe(outlet_, 3);
  EXPECT_NO_THROW(hub_.subscribe(outlet_, {.topics = topics({Topic::ports})}));
}

TEST_F(EventHubTest, WhatIsPublishedWhileTheSnapshotIsTakenIsNotToldAgain) {
  hub_.subscribe(outlet_, {.topics = topics({Topic::stations})}, [&] {
    EXPECT_TRUE(hub_.is_wanted(Topic::stations));
    publish(1, Topic::stations);
  });
  EXPECT_TRUE(outlet_.take().empty());
  publish(1, Topic::stations);
  EXPECT_EQ(outlet_.take().size(), 1U);
}

TEST_F(EventHubTest, SubscriptionWhoseSnapshotFailsIsNone) {
  EXPECT_THROW(hub_.subscribe(outlet_, {.topics = topics({Topic::stations})},
                              [] { throw std::runtime_error("too many"); }),
               std::runtime_error);
  EXPECT_FALSE(hub_.is_wanted(Topic::stations));
}

TEST_F(EventHubTest, SamplesAreTakenOnceForAllWhoseIntervalIsOver) {
  using std::chrono::seconds;
  TestOutlet slow;
  hub_.subscribe(outlet_, {.topics = topics({Topic::statistics})});
  hub_.subscribe(slow, {.topics = topics({Topic::statistics}), .interval = seconds(3)});
  int taken = 0;
  for (int second = 0; second < 6; ++second) {
    hub_.sample(TimePoint() + seconds(100 + second), [&] {
      ++taken;
      return std::vector<EventHub::Sample>{{"sw0", {{"number", taken}}}};
    });
  }
  EXPECT_EQ(taken, 6);
  EXPECT_EQ(outlet_.take().size(), 6U);
  EXPECT_EQ(slow.take().size(), 2U);
  hub_.unsubscribe(outlet_, 1);
  hub_.unsubscribe(slow, 1);
  hub_.sample(TimePoint() + seconds(200), [&] {
    ADD_FAILURE() << "nobody wants it";
    return std::vector<EventHub::Sample>{};
  });
}

}  // namespace event_hub_test
}  // namespace tapswitch::events
