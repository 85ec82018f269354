// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_links.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/conditions.hpp"
#include "control/lab/link_conditions.hpp"
#include "tools/terminal/table.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

namespace {

// Null of a port that is not there.
Json port_called(const Ports& ports, const std::string& name) {
  const auto found = ports.find(name);
  return found == ports.end() ? Json() : found->second;
}

std::string state_of_port(const Json& port) {
  if (port.is_null()) {
    return "missing";
  }
  return port.value("carrier", true) ? port.at("state").get<std::string>() : "unplugged";
}

Json conditions_at(const Json& port) {
  return port.is_null() ? Json::object() : port.value("conditions", Json::object());
}

std::string cell_of(const Json& link, const char* direction) {
  Json conditions = link.at("conditions").value(direction, Json::object());
  std::string text = conditions.value("cut", false) ? "cut" : "";
  conditions.erase("cut");
  if (!conditions.empty()) {
    text += (text.empty() ? "" : ", ") + printable(config::in_short(conditions));
  }
  return text.empty() ? "-" : text;
}

// Conditions that somebody has put on the link's other port, where `link set` puts none.
std::string remark_on(const Json& link) {
  return fmt::format("the port {} of the link {} - {} has conditions of its own: {}\n",
                     text_at(link.at("beside"), "port"), text_at(link, "a"), text_at(link, "b"),
                     printable(config::in_short(link.at("beside").at("conditions"))));
}

}  // namespace

Json link_to_json(const lab::Link& link, const Ports& ports) {
  const Json first = port_called(ports, link.ports.first);
  const Json second = port_called(ports, link.ports.second);
  std::string state = state_of_port(first);
  if (state == "up") {
    state = state_of_port(second);
  }
  if (state_of_port(second) == "unplugged") {
    state = "unplugged";  // and the other has no carrier for that reason
  }
  Json json = {{"a", link.a},
               {"b", link.b},
               {"state", state},
               {"ports", Json::array({link.ports.first})},
               {"conditions", lab::conditions_of_link(conditions_at(first), link.is_first_in)}};
  if (link.has_two_ports()) {
    json["ports"].push_back(link.ports.second);
    if (const Json beside = conditions_at(second); !beside.empty()) {
      json["beside"] = {{"port", link.ports.second}, {"conditions", beside}};
    }
  }
  return json;
}

std::string render_links(const Json& links, const Style& style) {
  if (links.empty()) {
    return "no links\n";
  }
  const bool has_flap = std::any_of(links.begin(), links.end(), [](const Json& link) {
    return link.at("conditions").contains("flap");
  });
  std::vector<Column> columns{{"A"},
                              {"B"},
                              {"STATE"},
                              {.heading = "A TO B", .is_elastic = true},
                              {.heading = "B TO A", .is_elastic = true}};
  if (has_flap) {
    columns.push_back({"FLAP"});
  }
  Table table(std::move(columns));
  std::string remarks;
  for (const Json& link : links) {
    const std::string state = text_at(link, "state");
    std::vector<Cell> row{{text_at(link, "a")},
                          {text_at(link, "b")},
                          {state, state == "up" ? Colour::good : Colour::warning},
                          {cell_of(link, "a-to-b")},
                          {cell_of(link, "b-to-a")}};
    if (has_flap) {
      row.push_back({text_at(link.at("conditions"), "flap")});
    }
    table.add(std::move(row));
    remarks += link.contains("beside") ? remark_on(link) : "";
  }
  return table.to_text(style) + remarks;
}

}  // namespace tapswitch::tapctl
