// SPDX-License-Identifier: Apache-2.0
// network_events.cpp: the part of Network that tells subscribers what has changed.
#include <algorithm>
#include <exception>
#include <map>
#include <new>
#include <utility>

#include "control/network/describe.hpp"
#include "control/network/network.hpp"
#include "control/rpc/error.hpp"

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

// The configuration is another than before.
void Network::on_configured() {
  ++revision_;
  if (!composed_from_) {
    tell_revision();
  }
}

void Network::begin_composed_change() {
  configured_before_ = configuration();
  composed_from_ = revision_;
  for (const auto& [name, running] : switches_) {
    running.engine->begin_change();
  }
}

void Network::commit() {
  std::exception_ptr refusal;
  for (auto& [name, running] : switches_) {
    try {
      running.engine->commit();
      running.rule_before.reset();
    } catch (const std::exception&) {
      refusal = std::current_exception();
    }
  }
  if (refusal) {
    std::rethrow_exception(refusal);
  }
  for (const std::string& name : changed_ports_) {
    if (const auto found = ports_.find(name); found != ports_.end()) {
      found->second.rule_before.reset();
    }
  }
}

bool Network::tell_some_changed() {
  constexpr std::size_t told_at_once = 16;
  for (std::size_t told = 0; told < told_at_once; ++told) {
    if (!changed_switches_.empty()) {
      const auto found = switches_.find(changed_switches_.front());
      changed_switches_.pop_front();
      if (found != switches_.end()) {
        tell(found->second, "changed");
      }
    } else if (!changed_ports_.empty()) {
      const auto found = ports_.find(changed_ports_.front());
      changed_ports_.pop_front();
      if (found != ports_.end()) {
        tell(found->second, "changed");
      }
    } else {
      return false;
    }
  }
  return true;
}

// Before another rule is set: in a composed change this one is in force until commit().
void Network::keep_rule(RunningSwitch& home) {
  if (composed_from_ && !home.rule_before) {
    changed_switches_.push_back(home.spec.name);
    home.rule_before = home.spec.rule;
  }
}

void Network::keep_rule(RunningPort& port) {
  if (composed_from_ && !port.rule_before) {
    changed_ports_.push_back(port.spec.name);
    port.rule_before = port.spec.rule;
  }
}

// A rule is told when it is in force.
void Network::tell_changed(const RunningSwitch& home) {
  if (!home.rule_before) {
    tell(home, "changed");
  }
}

void Network::tell_changed(const RunningPort& port) {
  if (!port.rule_before) {
    tell(port, "changed");
  }
}

void Network::set_revision(std::uint64_t revision) {
  try {
    commit();
  } catch (const std::exception& error) {
    notice_(std::string("the rules of this change take effect with the next: ") + error.what());
  }
  revision_ = revision;
  configured_before_ = {};
  const auto before = std::exchange(composed_from_, std::nullopt);
  follow_all_carriers();
  while (tell_some_changed()) {
  }
  if (before != revision) {
    tell_revision();
  }
}

void Network::tell_revision() {
  events_.publish(Topic::configuration, "changed", {}, {{"revision", revision_}});
}

void Network::tell(const RunningSwitch& home, std::string_view event) {
  if (events_.is_wanted(Topic::switches)) {
    events_.publish(Topic::switches, event, home.spec.name,
                    event == "removed" ? Json{{"name", home.spec.name}} : describe(home));
  }
}

void Network::tell(const RunningPort& port, std::string_view event) {
  if (events_.is_wanted(Topic::ports)) {
    events_.publish(
        Topic::ports, event, port.home->spec.name,
        event == "removed" ? Json{{"name", port.spec.name}} : describe(port, port.seen));
  }
}

void Network::report_stations(RunningSwitch& home, bool is_wanted) {
  home.flaps.clear();
  if (!is_wanted) {
    home.engine->fdb().stop_news();
    return;
  }
  home.seen_counters = home.engine->fdb().counters();
  home.engine->fdb().start_news([bell = news_bell_, has_news = home.has_news] {
    *has_news = true;
    bell->ring();
  });
}

// After the bell has rung.
void Network::tell_all_stations() {
  news_bell_->silence();
  for (auto& [name, running] : switches_) {
    if (running.has_news->exchange(false)) {
      tell_stations(running);
    }
  }
}

void Network::tell_stations(RunningSwitch& home) {
  tell_stations(home, home.engine->fdb().take_news());
}

void Network::tell_stations(RunningSwitch& home, const FdbNewsBox::Contents& taken) {
  const TimePoint now = std::chrono::steady_clock::now();
  for (const FdbNews& news : taken.news) {
    tell_station(home, news, now);
  }
  events_.lose(Topic::stations, home.spec.name, taken.lost);
}

void Network::tell_station(RunningSwitch& home, const FdbNews& news, TimePoint now) {
  const std::string* port = port_name(home, news.port);
  Json data = to_json(news.station);
  // A port that is being made has no name yet, and nobody knows it.
  data["port"] = port != nullptr ? Json(*port) : Json();
  if (news.kind == FdbNews::Kind::moved) {
    const std::string* old_port = port_name(home, news.old_port);
    data["old_port"] = old_port != nullptr ? Json(*old_port) : Json();
  }
  if (news.kind == FdbNews::Kind::learned || news.kind == FdbNews::Kind::moved) {
    data["kind"] = "dynamic";
  } else if (news.kind == FdbNews::Kind::added) {
    data["kind"] = "static";
  }
  events_.publish(Topic::stations, name_of(news.kind), home.spec.name, data);
  if (news.kind == FdbNews::Kind::moved && home.flaps.moved(news.station, now)) {
    data.erase("kind");
    data["moves"] = FlapDetector::most_moves;
    data["window_seconds"] = FlapDetector::window.count();
    events_.publish(Topic::stations, "flapping", home.spec.name, data);
  }
}

// Once a second at most, as a flood of spoofed sources shall not become one of events.
void Network::tell_limits(RunningSwitch& home) {
  if (!events_.is_wanted(Topic::stations)) {
    return;
  }
  const FdbCounters now = home.engine->fdb().counters();
  const FdbCounters before = std::exchange(home.seen_counters, now);
  if (now.refused_table_full != before.refused_table_full || now.evicted != before.evicted) {
    events_.publish(Topic::stations, "limit", home.spec.name,
                    {{"reason", "table_full"},
                     {"refused", now.refused_table_full - before.refused_table_full},
                     {"evicted", now.evicted - before.evicted},
                     {"limit", home.engine->fdb().capacity()}});
  }
  if (now.refused_port_full != before.refused_port_full) {
    Json full = Json::array();
    for (const RunningPort* port : ports_of(home)) {
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
std::vector<FdbEntry> Network::snapshot_stations(RunningSwitch& home) {
  constexpr int attempts = 3;
  Fdb& fdb = home.engine->fdb();
  for (int attempt = 0; attempt < attempts && fdb.size() <= most_stations_a_snapshot; ++attempt) {
    const FdbNewsBox::Contents before = fdb.take_news();
    StationMap entries = read_all(fdb);
    const FdbNewsBox::Contents since = fdb.take_news();
    tell_stations(home, before);
    tell_stations(home, since);
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
                   {{"limit", most_stations_a_snapshot}});
}

}  // namespace tapswitch::network
