// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_event.hpp"

#include <fmt/format.h>

#include "tools/tapctl/render/render.hpp"
#include "tools/tapctl/render/render_tree.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {
namespace {

std::string member_text(const Json& data, const char* member) {
  const auto found = data.find(member);
  if (found == data.end() || found->is_null()) {
    return "?";
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// Without the day, which is today's as a rule.
std::string clock_of(const Json& event) {
  const std::string time = local_time(member_text(event, "time"));
  return time.substr(time.find(' ') + 1);
}

std::string port_text(const std::string& what, const Json& data) {
  std::string text = fmt::format("port {} {}", member_text(data, "name"), what);
  if (const auto storm = data.find("storm"); storm != data.end()) {
    return fmt::format("port {} {}: {}, {} frames dropped", member_text(data, "name"), what,
                       member_text(*storm, "class"), member_text(*storm, "dropped"));
  }
  if (what == "removed" || !data.contains("vlan") || !data.contains("state")) {
    return text;
  }
  return fmt::format("{} ({}, VLAN {})", text, member_text(data, "state"),
                     vlan_in_short(data.at("vlan")));
}

std::string station_text(const std::string& what, const Json& data) {
  if (what == "limit") {
    return fmt::format("{} stations not learned: {}", member_text(data, "refused"),
                       member_text(data, "reason"));
  }
  std::string text = fmt::format("station {} {} on {}, VLAN {}", member_text(data, "mac"), what,
                                 member_text(data, "port"), member_text(data, "vlan"));
  return data.contains("old_port") ? text + ", was on " + member_text(data, "old_port") : text;
}

std::string sample_text(const Json& data) {
  return fmt::format("{} stations", member_text(data, "stations"));
}

std::string capture_text(const std::string& what, const Json& data) {
  std::string text = fmt::format("capture {} {}", member_text(data, "capture"), what);
  return data.contains("why")
             ? fmt::format("{}: {} frames, {} missed: {}", text, member_text(data, "frames"),
                           member_text(data, "missed"), member_text(data, "why"))
             : text;
}

std::string text_of_event(const Json& event) {
  const std::string topic = member_text(event, "topic");
  const std::string what = member_text(event, "event");
  const Json& data = event.at("data");
  if (what == "lost") {
    // A port that is lost has lost its device; the topic 'event' has lost events.
    return topic == "port" ? port_text(what, data)
                           : fmt::format("{} events lost", member_text(data, "count"));
  }
  if (topic == "port") {
    return port_text(what, data);
  }
  if (topic == "fdb") {
    return station_text(what, data);
  }
  if (topic == "switch") {
    return fmt::format("switch {} {}", member_text(data, "name"), what);
  }
  if (topic == "vlan") {
    return fmt::format("VLAN {} is called {}", member_text(data, "vid"), member_text(data, "name"));
  }
  if (topic == "config") {
    return fmt::format("revision {}", member_text(data, "revision"));
  }
  if (topic == "stats") {
    return sample_text(data);
  }
  if (topic == "capture") {
    return capture_text(what, data);
  }
  if (topic == "stp") {
    return tree_event_text(what, data);
  }
  if (topic == "log") {
    return fmt::format("{}: {}", member_text(data, "level"), member_text(data, "text"));
  }
  return fmt::format("{} {} {}", topic, what,
                     data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string render_event(const Json& event) {
  return printable(fmt::format("{}  {}  {}", clock_of(event), event.value("switch", "-"),
                               text_of_event(event))) +
         '\n';
}

}  // namespace tapswitch::tapctl
