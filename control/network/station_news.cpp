// SPDX-License-Identifier: Apache-2.0
#include "control/network/station_news.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::network {

using events::Topic;

namespace {

std::string_view name_of(FdbNews::Kind kind) {
  switch (kind) {
    case FdbNews::Kind::learned:
      return "learned";
    case FdbNews::Kind::moved:
      return "moved";
    case FdbNews::Kind::aged:
      return "aged";
    case FdbNews::Kind::added:
      return "added";
    case FdbNews::Kind::removed:
      return "removed";
  }
  return {};
}

using StationMap = std::map<std::pair<VlanId, MacAddress>, FdbEntry>;

std::pair<VlanId, MacAddress> key_of(Station station) { return {station.vid, station.mac}; }

StationMap read_all(const Fdb& fdb) {
  StationMap entries;
  std::optional<std::size_t> cursor = 0;
  while (cursor) {
    const Fdb::Page page = fdb.page({}, *cursor, Fdb::all_slots, std::chrono::steady_clock::now());
    for (const FdbEntry& entry : page.entries) {
      entries[key_of(entry.station)] = entry;
    }
    cursor = page.next_cursor;
  }
  return entries;
}

void apply(const FdbNews& news, StationMap& entries) {
  if (news.kind == FdbNews::Kind::aged || news.kind == FdbNews::Kind::removed) {
    entries.erase(key_of(news.station));
    return;
  }
  const bool is_static = news.kind == FdbNews::Kind::added;
  entries[key_of(news.station)] = {
      .station = news.station,
      .port = news.port,
      .kind = is_static ? StationKind::static_entry : StationKind::dynamic_entry};
}

Json to_json(Station station) { return {{"mac", station.mac.to_string()}, {"vlan", station.vid}}; }

}  // namespace

StationNews::StationNews(Inventory& inventory, events::EventHub& events)
    : inventory_(inventory), events_(events), bell_(std::make_shared<const Bell>()) {
  if (!bell_->is_open()) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  events_.on_interest([this](Topic topic, bool is_wanted) {
    if (topic == Topic::stations) {
      for (auto& [name, running] : inventory_.switches()) {
        collect(running, is_wanted);
      }
    }
  });
}

StationNews::~StationNews() { events_.on_interest({}); }

void StationNews::take_up(RunningSwitch& added) {
  collect(added, events_.is_wanted(Topic::stations));
}

void StationNews::forget(const RunningSwitch& removed) { watched_.erase(removed.spec.name); }

void StationNews::collect(RunningSwitch& home, bool is_wanted) {
  Watched& watched = watched_[home.spec.name];
  watched.flaps.clear();
  if (!is_wanted) {
    home.engine->fdb().stop_news();
    return;
  }
  watched.seen_counters = home.engine->fdb().counters();
  home.engine->fdb().start_news([bell = bell_, has_news = watched.has_news] {
    *has_news = true;
    bell->ring();
  });
}

void StationNews::tell_rung() {
  bell_->silence();
  for (auto& [name, running] : inventory_.switches()) {
    if (watched_[name].has_news->exchange(false)) {
      tell(running);
    }
  }
}

void StationNews::tell(RunningSwitch& home) { tell(home, home.engine->fdb().take_news()); }

void StationNews::tell(RunningSwitch& home, const FdbNewsBox::Contents& taken) {
  const TimePoint now = std::chrono::steady_clock::now();
  for (const FdbNews& news : taken.news) {
    tell_one(home, news, now);
  }
  events_.lose(Topic::stations, home.spec.name, taken.lost);
}

void StationNews::tell_one(RunningSwitch& home, const FdbNews& news, TimePoint now) {
  const std::string* port = home.port_name(news.port);
  Json data = to_json(news.station);
  // A port that is being made has no name yet, and nobody knows it.
  data["port"] = port != nullptr ? Json(*port) : Json();
  if (news.kind == FdbNews::Kind::moved) {
    const std::string* old_port = home.port_name(news.old_port);
    data["old_port"] = old_port != nullptr ? Json(*old_port) : Json();
  }
  if (news.kind == FdbNews::Kind::learned || news.kind == FdbNews::Kind::moved) {
    data["kind"] = "dynamic";
  } else if (news.kind == FdbNews::Kind::added) {
    data["kind"] = "static";
  }
  events_.publish(Topic::stations, name_of(news.kind), home.spec.name, data);
  if (news.kind == FdbNews::Kind::moved &&
      watched_[home.spec.name].flaps.moved(news.station, now)) {
    data.erase("kind");
    data["moves"] = FlapDetector::most_moves;
    data["window_seconds"] = FlapDetector::window.count();
    events_.publish(Topic::stations, "flapping", home.spec.name, data);
  }
}

void StationNews::tell_limits(RunningSwitch& home) {
  if (!events_.is_wanted(Topic::stations)) {
    return;
  }
  const FdbCounters now = home.engine->fdb().counters();
  const FdbCounters before = std::exchange(watched_[home.spec.name].seen_counters, now);
  if (now.refused_table_full != before.refused_table_full || now.evicted != before.evicted) {
    events_.publish(Topic::stations, "limit", home.spec.name,
                    {{"reason", "table_full"},
                     {"refused", now.refused_table_full - before.refused_table_full},
                     {"evicted", now.evicted - before.evicted},
                     {"limit", home.engine->fdb().capacity()}});
  }
  if (now.refused_port_full != before.refused_port_full) {
    Json full = Json::array();
    for (const RunningPort* port : inventory_.ports_of(home)) {
      const std::uint32_t limit = port->rule().fdb_limit;
      if (limit != 0 && home.engine->fdb().count_on(port->index) >= limit) {
        full.push_back(port->spec.name);
      }
    }
    events_.publish(Topic::stations, "limit", home.spec.name,
                    {{"reason", "port_full"},
                     {"refused", now.refused_port_full - before.refused_port_full},
                     {"ports", std::move(full)}});
  }
}

// The table is read while workers write to it. What they have written by the end of the reading
// is news, and goes on top of what was read. Nothing slow stands between the two looks at the news.
std::vector<FdbEntry> StationNews::snapshot(RunningSwitch& home) {
  constexpr int attempts = 3;
  Fdb& fdb = home.engine->fdb();
  for (int attempt = 0; attempt < attempts && fdb.size() <= most_a_snapshot; ++attempt) {
    const FdbNewsBox::Contents before = fdb.take_news();
    StationMap entries = read_all(fdb);
    const FdbNewsBox::Contents since = fdb.take_news();
    tell(home, before);
    tell(home, since);
    if (since.lost > 0) {
      continue;
    }
    std::ranges::for_each(since.news, [&](const FdbNews& news) { apply(news, entries); });
    std::vector<FdbEntry> listed;
    listed.reserve(entries.size());
    for (const auto& [key, entry] : entries) {
      listed.push_back(entry);
    }
    return listed;
  }
  throw rpc::Error(rpc::ErrorKind::limit_reached,
                   "switch '" + home.spec.name +
                       "' knows too many stations for a snapshot, or they change too fast: "
                       "subscribe without one, then read fdb.list",
                   {{"limit", most_a_snapshot}});
}

}  // namespace tapswitch::network
