// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/status.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/keeper.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/selection.hpp"
#include "tools/lab/work_plan.hpp"
#include "tools/terminal/table.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {

using tapctl::Cell;
using tapctl::Colour;

namespace {

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(),
                text.size());
  } else {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text.data(),
                text.size());
  }
  return text.data();
}

bool is_shown(const ifaddrs* each) {
  if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_LOOPBACK) != 0) {
    return false;
  }
  if (each->ifa_addr->sa_family == AF_INET6) {
    return !IN6_IS_ADDR_LINKLOCAL(
        &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr);
  }
  return each->ifa_addr->sa_family == AF_INET;
}

// Returns those that a namespace has right now, whoever gave them.
std::vector<std::string> addresses_in(const std::string& name_space) {
  std::vector<std::string> found;
  const auto opened = NetNamespaceRef("/run/netns/" + name_space).open();
  if (!opened) {
    return found;
  }
  [[maybe_unused]] const auto entered = run_in_thread(opened->get(), [&] {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) {
      return;
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
      if (is_shown(each)) {
        found.push_back(text_of(each->ifa_addr));
      }
    }
  });
  return found;
}

Json node_status(const FoundLab& lab, const NodeSpec& node) {
  const bool is_netns = node.has_namespace();
  Json json = {{"name", node.name}, {"kind", node.kind_text()}};
  const auto record = lab.state.nodes.find(node.name);
  if (lab.state.stopped.contains(node.name)) {
    json["state"] = "stopped";
    return json;
  }
  if (record == lab.state.nodes.end()) {
    json.update({{"state", "down"}, {"problem", "it is not there"}});
    return json;
  }
  Json processes = Json::object();
  std::vector<std::string> dead;
  for (const auto& [name, process] : record->second.processes) {
    const bool is_alive = is_running(process);
    processes[name] = is_alive ? Json(process.pid) : Json();
    if (!is_alive) {
      dead.push_back(name);
    }
  }
  json["processes"] = processes;
  const auto fault = fault_of(record->second, is_netns);
  json["state"] = fault ? "down" : dead.empty() ? "up" : "degraded";
  if (fault) {
    json["problem"] = *fault;
  } else if (!dead.empty()) {
    json["problem"] = fmt::format("ended: {}", fmt::join(dead, ", "));
  }
  if (is_netns) {
    const std::string name = namespace_name(lab.name, node.name);
    json["namespace"] = name;
    json["addresses"] = fault ? std::vector<std::string>() : addresses_in(name);
  }
  if (!fault) {
    json["uptime_seconds"] = std::max<std::int64_t>(std::time(nullptr) - record->second.since, 0);
  }
  return json;
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < 60) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}:{:02d} min", seconds / 60, seconds % 60);
  }
  return fmt::format("{}:{:02d} h", seconds / 3600, seconds / 60 % 60);
}

Colour colour_of_state(const std::string& state) {
  return state == "up" ? Colour::good : state == "down" ? Colour::bad : Colour::warning;
}

std::string pids_text(const Json& node) {
  std::vector<std::string> pids;
  for (const Json& pid : node.value("processes", Json::object())) {
    pids.push_back(pid.is_null() ? "-" : pid.dump());
  }
  return pids.empty() ? "-" : fmt::format("{}", fmt::join(pids, ","));
}

std::string table_of(const Json& result, const tapctl::Style& style) {
  tapctl::Table table({{"NODE"},
                       {"KIND"},
                       {"STATE"},
                       {"PID"},
                       {"ADDRESSES", tapctl::Column::Side::left, true},
                       {"UPTIME", tapctl::Column::Side::right}});
  for (const Json& node : result["nodes"]) {
    const std::string state = node["state"];
    const std::string problem = node.value("problem", "");
    const auto addresses = node.value("addresses", std::vector<std::string>());
    table.add(
        {{node["name"]},
         {node["kind"]},
         {problem.empty() ? state : fmt::format("{} ({})", state, problem), colour_of_state(state)},
         {pids_text(node)},
         {addresses.empty() ? "-" : fmt::format("{}", fmt::join(addresses, ", "))},
         {node.contains("uptime_seconds") ? duration_text(node["uptime_seconds"]) : "-"}});
  }
  const Json& daemon = result["switches"];
  return table.to_text(style) +
         fmt::format("switches: {}\n",
                     daemon["state"] == "up"
                         ? fmt::format("up, tapswitchd has pid {}; tapctl --lab {} port",
                                       daemon["pid"].dump(), result["name"].get<std::string>())
                         : "down, for tapswitchd does not answer; `tapctl lab up` repairs that");
}

int show_status(const FoundLab& lab, const Words& words, const tapctl::Style& style) {
  const LabSpec spec = read_lab(lab.state.document, lab.name).lab;
  const bool is_daemon_up = lab.state.daemon && is_running(*lab.state.daemon);
  Json result = {{"name", lab.name},
                 {"file", lab.state.file},
                 {"directory", lab.directory},
                 {"socket", control_socket(lab.directory)},
                 {"rootless", lab.state.keeper.has_value()},
                 {"complete", lab.state.is_whole},
                 {"switches",
                  {{"state", is_daemon_up ? "up" : "down"},
                   {"pid", is_daemon_up ? Json(lab.state.daemon->pid) : Json()}}},
                 {"nodes", Json::array()}};
  for (const auto& [name, node] : spec.nodes) {
    result["nodes"].push_back(node_status(lab, node));
  }
  std::fputs(
      words.has("json") ? tapctl::json_text(result, 2).c_str() : table_of(result, style).c_str(),
      stdout);
  if (!lab.state.is_whole && !words.has("json")) {
    std::puts("the lab is not complete: a `lab up` did not come to its end, or is at work");
  }
  return 0;
}

// Null if there is nothing of it.
Json list_entry(const std::string& name) {
  try {
    const auto found = StateFile::load(lab_directory(name));
    return found ? Json{{"name", name},
                        {"state", found->is_whole ? "up" : "incomplete"},
                        {"nodes", found->document.value("nodes", Json::object()).size()},
                        {"file", found->file},
                        {"rootless", found->keeper.has_value()}}
                 : Json();
  } catch (const Failure&) {
    return {{"name", name}, {"state", "broken"}, {"nodes", {}}, {"file", {}}, {"rootless", {}}};
  }
}

}  // namespace

int status(const Words& words, const tapctl::Style& style) {
  if (words.words.empty() && lab_names().size() > 1) {
    return list(words, style);
  }
  const FoundLab lab =
      find_lab(words.words.empty() ? std::nullopt : std::optional(words.words.front()));
  if (lab.state.keeper) {
    return run_inside(*lab.state.keeper, [&](Outside&) { return show_status(lab, words, style); });
  }
  return show_status(lab, words, style);
}

int list(const Words& words, const tapctl::Style& style) {
  Json labs = Json::array();
  tapctl::Table table({{"LAB"},
                       {"STATE"},
                       {"NODES", tapctl::Column::Side::right},
                       {"FILE", tapctl::Column::Side::left, true}});
  for (const std::string& name : lab_names()) {
    const Json lab = list_entry(name);
    if (lab.is_null()) {
      continue;
    }
    labs.push_back(lab);
    const std::string state = lab["state"];
    table.add({{name},
               {lab["rootless"] == true ? state + " (rootless)" : state},
               {lab["nodes"].is_null() ? "-" : lab["nodes"].dump()},
               {lab["file"].is_null() ? "-" : lab["file"].get<std::string>()}});
  }
  const std::string text = labs.empty() ? "no lab is up\n" : table.to_text(style);
  std::fputs(words.has("json") ? tapctl::json_text(Json{{"labs", labs}}, 2).c_str() : text.c_str(),
             stdout);
  return 0;
}

}  // namespace tapswitch::lab
