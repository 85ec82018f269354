// SPDX-License-Identifier: Apache-2.0
#include "control/events/event_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "control/rpc/error.hpp"
#include "control/rpc/utc.hpp"

namespace tapswitch::events {
namespace {

// Returns what all subscribers are told alike: the event without subscription and number. Names
// need no escape: they are words of ours, or have passed name_schema.
std::string body_of(std::string_view topic, std::string_view event, std::string_view switch_name,
                    const Json& data) {
  const std::string home = switch_name.empty() ? "" : fmt::format(R"("switch":"{}",)", switch_name);
  return fmt::format(R"("topic":"{}","event":"{}",{}"time":"{}","data":{})", topic, event, home,
                     rpc::utc(std::chrono::system_clock::now(), 6),
                     data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

struct EventHub::Subscription {
  std::uint64_t id;
  Wish wish;
  std::uint64_t sequence = 0;  // the last number used
  std::uint64_t lost = 0;      // events dropped and not told of yet
  TimePoint next_sample{};     // the first comes soon

  [[nodiscard]] bool wants(Topic topic, std::string_view switch_name) const {
    return wish.topics.test(to_size(topic)) &&
           (!wish.switch_name || switch_name.empty() || *wish.switch_name == switch_name);
  }

  void lose(std::uint64_t count) {
    lost += count;
    sequence += count;
  }
};

// The subscriptions of one session.
class EventHub::Subscriber final : public rpc::Outlet::Speaker {
 public:
  Subscriber(EventHub& hub, rpc::Outlet& outlet) : hub_(hub), outlet_(outlet) {}
  ~Subscriber() override { hub_.forget(*this); }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  void on_room() override {
    for (Subscription& subscription : subscriptions_) {
      tell_of_loss(subscription);
    }
  }

  void tell(Subscription& subscription, const std::string& body) {
    // A loss is told of first, and only when there is room: else it would be lost by turns.
    if (subscription.lost > 0 || !say(subscription, body)) {
      subscription.lose(1);
    }
  }

  void tell_of_loss(Subscription& subscription) {
    try {
      const Json data = {{"count", subscription.lost}};
      if (subscription.lost > 0 && say(subscription, body_of("event", "lost", {}, data))) {
        subscription.lost = 0;
      }
    } catch (const std::bad_alloc&) {
      // The loss is told of when there is room.
    }
  }

  [[nodiscard]] const rpc::Outlet& outlet() const { return outlet_; }
  [[nodiscard]] std::vector<Subscription>& subscriptions() { return subscriptions_; }
  [[nodiscard]] std::uint64_t new_id() { return ++last_id_; }

 private:
  bool say(Subscription& subscription, const std::string& body) {
    try {
      const bool is_said = outlet_.offer(fmt::format(
          R"({{"jsonrpc":"2.0","method":"event","params":{{"subscription":{},"sequence":{},{}}}}})",
          subscription.id, subscription.sequence + 1, body));
      subscription.sequence += is_said ? 1 : 0;
      return is_said;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  EventHub& hub_;
  rpc::Outlet& outlet_;
  std::vector<Subscription> subscriptions_;
  std::uint64_t last_id_ = 0;
};

EventHub::EventHub(const rpc::Limits& limits)
    : subscriptions_per_session_(limits.subscriptions_per_session) {}

EventHub::~EventHub() { assert(subscribers_.empty()); }

void EventHub::publish(Topic topic, std::string_view event, std::string_view switch_name,
                       const Json& data) {
  if (!is_wanted(topic)) {
    return;
  }
  std::string body;
  try {
    body = body_of(name_of(topic), event, switch_name, data);
  } catch (const std::bad_alloc&) {
    lose(topic, switch_name, 1);
    return;
  }
  for (const auto& [outlet, subscriber] : subscribers_) {
    for (Subscription& subscription : subscriber->subscriptions()) {
      if (subscription.wants(topic, switch_name)) {
        subscriber->tell(subscription, body);
      }
    }
  }
}

void EventHub::lose(Topic topic, std::string_view switch_name, std::uint64_t count) {
  for (const auto& [outlet, subscriber] : subscribers_) {
    for (Subscription& subscription : subscriber->subscriptions()) {
      if (count > 0 && subscription.wants(topic, switch_name)) {
        const bool has_room = subscription.lost == 0;
        subscription.lose(count);
        if (has_room) {
          subscriber->tell_of_loss(subscription);
        }
      }
    }
  }
}

void EventHub::sample(TimePoint now, const std::function<std::vector<Sample>()>& take) {
  // Whoever calls once a second calls a little later each time, or a little earlier.
  constexpr std::chrono::milliseconds tolerance{500};
  std::vector<std::pair<const Sample*, std::string>> bodies;
  std::optional<std::vector<Sample>> samples;
  for (const auto& [outlet, subscriber] : subscribers_) {
    for (Subscription& subscription : subscriber->subscriptions()) {
      if (!subscription.wish.topics.test(to_size(Topic::statistics)) ||
          now < subscription.next_sample) {
        continue;
      }
      subscription.next_sample = now + subscription.wish.interval - tolerance;
      if (!samples) {
        samples = take();
        for (const Sample& each : *samples) {
          bodies.emplace_back(
              &each, body_of(name_of(Topic::statistics), "sample", each.switch_name, each.data));
        }
      }
      for (const auto& [each, body] : bodies) {
        if (subscription.wants(Topic::statistics, each->switch_name)) {
          subscriber->tell(subscription, body);
        }
      }
    }
  }
}

std::uint64_t EventHub::subscribe(rpc::Outlet& outlet, Wish wish,
                                  const std::function<void()>& take_snapshot) {
  Subscriber& subscriber = subscriber_of(outlet);
  if (subscriber.subscriptions().size() >= subscriptions_per_session_) {
    throw rpc::Error(rpc::ErrorKind::limit_reached,
                     fmt::format("this session has {} subscriptions already: end one first",
                                 subscriptions_per_session_),
                     {{"limit", subscriptions_per_session_}});
  }
  const TopicSet topics = wish.topics;
  count_interest(topics, true);
  try {
    if (take_snapshot) {
      take_snapshot();
    }
  } catch (...) {
    count_interest(topics, false);
    throw;
  }
  const std::uint64_t id = subscriber.new_id();
  subscriber.subscriptions().push_back({.id = id, .wish = std::move(wish)});
  return id;
}

EventHub::Subscriber& EventHub::subscriber_of(rpc::Outlet& outlet) {
  if (const auto found = subscribers_.find(&outlet); found != subscribers_.end()) {
    return *found->second;
  }
  auto made = std::make_unique<Subscriber>(*this, outlet);
  Subscriber& subscriber = *made;
  subscribers_.emplace(&outlet, &subscriber);
  outlet.engage(std::move(made));
  return subscriber;
}

void EventHub::unsubscribe(rpc::Outlet& outlet, std::uint64_t subscription) {
  if (const auto subscriber = subscribers_.find(&outlet); subscriber != subscribers_.end()) {
    auto& all = subscriber->second->subscriptions();
    const auto found = std::ranges::find(all, subscription, &Subscription::id);
    if (found != all.end()) {
      const TopicSet topics = found->wish.topics;
      all.erase(found);
      count_interest(topics, false);
      return;
    }
  }
  throw rpc::Error(rpc::ErrorKind::not_found,
                   fmt::format("this session has no subscription {}", subscription),
                   {{"object", subscription}});
}

void EventHub::count_interest(TopicSet topics, bool is_added) {
  for (std::size_t i = 0; i < topic_names.size(); ++i) {
    if (!topics.test(i)) {
      continue;
    }
    is_added ? ++wanted_[i] : --wanted_[i];
    const bool is_turned = wanted_[i] == (is_added ? 1U : 0U);
    if (is_turned && interest_changed_) {
      interest_changed_(static_cast<Topic>(i), is_added);
    }
  }
}

void EventHub::forget(const Subscriber& subscriber) {
  const auto found = subscribers_.find(&subscriber.outlet());
  assert(found != subscribers_.end());
  const std::vector<Subscription> left = std::move(found->second->subscriptions());
  subscribers_.erase(found);
  for (const Subscription& subscription : left) {
    count_interest(subscription.wish.topics, false);
  }
}

}  // namespace tapswitch::events
