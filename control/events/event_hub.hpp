// SPDX-License-Identifier: Apache-2.0
// event_hub.hpp: takes word of each change to the sessions that want to know. Whoever changes
// something publishes it here; nobody needs to know who listens.
//
// Theory of operation: a session may have several subscriptions, each of some topics. What is
// published is numbered for each of them and offered to the session's outlet at once; nothing is
// queued here. While the outlet refuses, events are dropped, but they use up their numbers; when it
// has room again, an event 'lost' says how many there were. So a subscriber that adds up finds
// every number accounted for.
// Limits: Limits::subscriptions_per_session; unsent bytes are the outlet's to bound.
// Threads: the control thread alone. The hub outlives all outlets it was given.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/events/topic.hpp"
#include "control/rpc/json.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/outlet.hpp"

namespace tapswitch::events {

using TimePoint = std::chrono::steady_clock::time_point;

// A subscriber wants to be told these.
struct Wish {
  TopicSet topics;
  std::optional<std::string> switch_name = {};  // only what happens on this switch
  std::chrono::seconds interval{1};             // of samples, if 'topics' has statistics
};

class EventHub {
 public:
  // Called when the first subscriber of a topic has come, and when the last has gone.
  using InterestChanged = std::function<void(Topic topic, bool is_wanted)>;

  // One sample of a switch.
  struct Sample {
    std::string switch_name;
    Json data;
  };

  explicit EventHub(const rpc::Limits& limits = {});
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;
  ~EventHub();

  // Whether anybody would be told: who has to work for the data of an event asks first.
  [[nodiscard]] bool is_wanted(Topic topic) const { return wanted_[to_size(topic)] > 0; }

  // 'event' is a word of lower case letters; 'switch_name' is empty if it is about none.
  void publish(Topic topic, std::string_view event, std::string_view switch_name, const Json& data);

  // 'count' events were dropped before they came here.
  void lose(Topic topic, std::string_view switch_name, std::uint64_t count);

  // To be called about once a second: calls 'take' if somebody's interval is over, and passes on
  // what it gives.
  void sample(TimePoint now, const std::function<std::vector<Sample>()>& take);

  // Names the new subscription by a number that the session has not had yet. 'take_snapshot' is
  // called when its topics are wanted but before it is told of anything: what is published until
  // 'take_snapshot' returns is in the snapshot, what comes later is not. Throws limit_reached, or
  // what 'take_snapshot' throws; then there is no subscription.
  std::uint64_t subscribe(rpc::Outlet& outlet, Wish wish,
                          const std::function<void()>& take_snapshot = {});

  // Throws not_found.
  void unsubscribe(rpc::Outlet& outlet, std::uint64_t subscription);

  // There is one such listener at most; an empty function takes it away.
  void on_interest(InterestChanged changed) { interest_changed_ = std::move(changed); }

 private:
  struct Subscription;
  class Subscriber;

  [[nodiscard]] Subscriber& subscriber_of(rpc::Outlet& outlet);
  void count_interest(TopicSet topics, bool is_added);
  void forget(const Subscriber& subscriber);

  const std::size_t subscriptions_per_session_;
  std::map<const rpc::Outlet*, Subscriber*> subscribers_;  // each is owned by its outlet
  std::array<std::size_t, topic_names.size()> wanted_{};   // subscriptions of each topic
  InterestChanged interest_changed_;
};

}  // namespace tapswitch::events
