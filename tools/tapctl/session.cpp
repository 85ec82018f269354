// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/session.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/format.h>

#include "control/api/methods.hpp"
#include "tools/tapctl/line/vlan_change.hpp"
#include "tools/tapctl/render/render.hpp"
#include "tools/tapctl/render/render_event.hpp"
#include "tools/tapctl/render/render_plan.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

namespace {

using client::Client;

// Rates are measured from one question to the next; if nobody has asked for long, the answer is
// about the past, so it is worth a short wait.
constexpr std::int64_t longest_interval_microseconds = 10'000'000;
constexpr std::chrono::milliseconds fresh_interval{300};

bool is_stale(const Json& rates) {
  for (const Json& rate : rates.at("ports")) {
    if (rate.at("interval_microseconds").get<std::int64_t>() > longest_interval_microseconds) {
      return true;
    }
  }
  return false;
}

Json fresh_rates(Client& client, const Json& params) {
  Json rates = client.call("stats.rates", params);
  if (is_stale(rates)) {
    std::this_thread::sleep_for(fresh_interval);
    rates = client.call("stats.rates", params);
  }
  return rates;
}

// All pages of 'items' as if they were one, unless a page was asked for.
Json all_pages(Client& client, const Call& call, const char* items) {
  if (call.params.contains("limit") || call.params.contains("cursor")) {
    return client.call(call.method, call.params);
  }
  Json params = call.params;
  params["limit"] = api::most_entries_a_page;
  Json all = client.call(call.method, params);
  std::int64_t cursor = 0;
  while (all.at("next_cursor").is_number_integer() &&
         all.at("next_cursor").get<std::int64_t>() > cursor) {
    cursor = all.at("next_cursor").get<std::int64_t>();
    params["cursor"] = cursor;
    const Json page = client.call(call.method, params);
    all.at(items).insert(all.at(items).end(), page.at(items).begin(), page.at(items).end());
    all["next_cursor"] = page.at("next_cursor");
  }
  return all;
}

// Whoever changes something between the two calls makes the second one void, and we look again.
Json set_part_of_vlan(Client& client, const Call& call) {
  constexpr int most_attempts = 10;
  const auto name = call.params.at("name").get<std::string>();
  for (int attempt = 1;; ++attempt) {
    Json params = call.params;
    if (!params.contains("if_revision")) {
      params["if_revision"] = client.call("system.info", Json::object()).at("revision");
    }
    const Json port = client.call("port.get", {{"name", name}});
    params["vlan"] = changed_vlan(name, port.at("vlan"), params["vlan"]);
    try {
      return client.call(call.method, params);
    } catch (const client::Refused& refused) {
      const bool is_ours = !call.params.contains("if_revision");
      if (refused.error().at("data").value("kind", "") != "conflict" || !is_ours ||
          attempt == most_attempts) {
        throw;
      }
    }
  }
}

// Returns what there is at one moment: the snapshot that subscribers begin with.
Json network_of(Client& client, const Json& params) {
  Json wanted = {{"topics", {"switch", "port", "vlan"}}, {"snapshot", true}};
  if (params.value("stations", false)) {
    wanted["topics"].push_back("fdb");
  }
  if (params.contains("switch")) {
    wanted["switch"] = params["switch"];
  }
  return client.call("event.subscribe", wanted).at("snapshot");
}

Json result_of(Client& client, const Call& call) {
  if (call.is_raw) {
    return client.call(call.method, call.params);
  }
  if (call.method == "graph") {
    return network_of(client, call.params);
  }
  if (call.method == "fdb.list") {
    return all_pages(client, call, "entries");
  }
  if (call.method == "vlan.list") {
    return all_pages(client, call, "vlans");
  }
  if (call.keeps_vlan_mode) {
    return set_part_of_vlan(client, call);
  }
  return client.call(call.method, call.params, call.descriptors);
}

std::string problem_lines(const Json& data, const Call& call) {
  std::string lines;
  // One problem stands in 'data' itself, several in a list.
  const Json problems = data.value("problems", Json::array({data}));
  for (const Json& problem : problems) {
    if (problem.contains("pointer")) {
      lines += "\n  " + printable(describe_mistake(problem, call.document));
      continue;
    }
    lines += "\n  " + printable(describe({problem.value("field", ""), problem.value("problem", ""),
                                          problem.value("allowed", "")},
                                         call.spelling));
  }
  return lines;
}

}  // namespace

std::string carry_out(Client& client, const Call& call, const Look& look) {
  Json result = result_of(client, call);
  if (call.method == "event.subscribe" && look.json && !call.is_raw &&
      !result.contains("snapshot")) {
    return "";  // events alone follow
  }
  if (look.json || call.is_raw) {
    return json_text(result, look.is_terminal ? 2 : -1);
  }
  if (call.method == "port.list") {
    const Json rates = fresh_rates(client, Json::object());
    const Json statistics = client.call("stats.get", Json::object());
    return render_ports(result, rates, statistics, look.style);
  }
  if (call.method == "event.subscribe") {
    return result.contains("snapshot") ? render(call.method, call.params, result, look.style) : "";
  }
  if (call.method == "stats.rates" && is_stale(result)) {
    result = fresh_rates(client, call.params);
  }
  if (call.method == "fdb.list") {
    sort_stations(result.at("entries"));
  }
  return render(call.method, call.params, result, look.style);
}

void watch(Client& client, const Look& look, const std::function<void(const std::string&)>& print) {
  while (true) {
    if (const std::optional<Json> event = client.take_event()) {
      print(look.json ? json_text(*event, -1) : render_event(*event));
      continue;
    }
    std::array<pollfd, 2> waiting{{{.fd = client.descriptor(), .events = POLLIN, .revents = 0},
                                   {.fd = STDOUT_FILENO, .events = 0, .revents = 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    // Whoever read is gone: noticed now, not with an event that may never come.
    if ((waiting[1].revents & POLLERR) != 0) {
      std::raise(SIGPIPE);
    }
  }
}

std::string describe_refusal(const client::Refused& refused, const Call& call) {
  try {
    const Json& data = refused.error().at("data");
    if (call.method == "switch.remove" && !call.is_raw && data.at("kind") == "in_use") {
      return printable(refused.what()) + "\nTo remove its ports with it, add --force.";
    }
    if (data.at("kind") == "invalid_params") {
      return (data.contains("pointer") ? "the document has mistakes:"
                                       : "the daemon does not take these parameters:") +
             problem_lines(data, call);
    }
  } catch (const Json::exception&) {
    // Not an error as tapswitchd sends them; its message is all there is.
  }
  return printable(refused.what());
}

}  // namespace tapswitch::tapctl
