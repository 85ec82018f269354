// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/link_session.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "control/lab/link_conditions.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/tapctl/render/render_links.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

namespace {

using client::Client;

Ports ports_of(Client& client) {
  Ports ports;
  const Json list = client.call("port.list", Json::object());
  for (const Json& port : list.at("ports")) {
    ports.emplace(port.at("name").get<std::string>(), port);
  }
  return ports;
}

Ports ports_of(Client& client, const lab::Link& link) {
  Ports ports;
  for (const std::string& name : {link.ports.first, link.ports.second}) {
    ports.emplace(name, client.call("port.get", {{"name", name}}));
  }
  return ports;
}

Json conditions_of(Client& client, const std::string& port) {
  return client.call("port.get", {{"name", port}}).value("conditions", Json::object());
}

void set_conditions(Client& client, const std::string& port, const Json& conditions) {
  client.call("port.set", {{"name", port}, {"conditions", conditions}});
}

// Has options found also where the daemon refuses "conditions.loss" as "conditions.in.loss".
void spell_incoming(Call& call) {
  const std::string begin = "conditions.";
  const std::map<std::string, std::string> said = call.spelling;
  for (const auto& [field, spelling] : said) {
    if (field.starts_with(begin)) {
      call.spelling.emplace(begin + "in." + field.substr(begin.size()), spelling);
    }
  }
}

std::string text_of_links(const std::string& lab, const Json& links, const Look& look) {
  if (look.json) {
    return json_text({{"lab", lab}, {"links", links}}, look.is_terminal ? 2 : -1);
  }
  return render_links(links, look.style);
}

lab::ChosenLink choose(const lab::LabLinks& links, const Call& call) {
  const auto ends = call.params.at("ends").get<std::vector<std::string>>();
  if (ends.empty()) {
    throw UsageError("which link? One of its ends says so, as alice:eth0", command_of(call.method));
  }
  if (!call.params.contains("conditions")) {
    throw UsageError("nothing is to be changed: --delay, --loss and others say what, or --clear",
                     command_of(call.method));
  }
  const auto direction = call.params.contains("direction")
                             ? std::optional(call.params["direction"].get<std::string>())
                             : std::nullopt;
  lab::ChosenLink chosen = lab::choose_link(links, ends, direction);
  if (call.params["conditions"].is_null() && !direction) {
    chosen.directions = {.a_to_b = true, .b_to_a = true};
  } else if (call.params["conditions"].is_object() && call.params["conditions"].contains("flap") &&
             direction && !chosen.directions.are_both()) {
    throw UsageError("--flap is of both directions, and --direction says one",
                     command_of(call.method));
  }
  return chosen;
}

void set(Client& client, const lab::ChosenLink& chosen, const Json& change) {
  const auto& [link, directions] = chosen;
  set_conditions(client, link.ports.first,
                 lab::change_at_port(change, directions, conditions_of(client, link.ports.first),
                                     link.is_first_in));
  // Somebody may have put conditions on the other port. A link that is cleared has none.
  if (change.is_null() && link.has_two_ports()) {
    const Json beside = conditions_of(client, link.ports.second);
    if (!beside.empty()) {
      set_conditions(client, link.ports.second,
                     lab::change_at_port(change, directions, beside, !link.is_first_in));
    }
  }
}

}  // namespace

std::string carry_out_link(Client& client, const lab::LabLinks& links, Call& call,
                           const Look& look) {
  std::vector<lab::Link> shown = links.links;
  if (call.method == "link.set") {
    const lab::ChosenLink chosen = choose(links, call);
    spell_incoming(call);
    set(client, chosen, call.params.at("conditions"));
    shown = {chosen.link};
  }
  const Ports ports =
      call.method == "link.set" ? ports_of(client, shown.front()) : ports_of(client);
  Json listed = Json::array();
  for (const lab::Link& link : shown) {
    listed.push_back(link_to_json(link, ports));
  }
  return text_of_links(links.lab, listed, look);
}

}  // namespace tapswitch::tapctl
