// SPDX-License-Identifier: Apache-2.0
// render_port.cpp: the part of render.hpp that is about ports.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "control/config/conditions.hpp"
#include "control/config/storm_control.hpp"
#include "tools/tapctl/render/render.hpp"
#include "tools/terminal/table.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {

namespace {

Cell state_cell(const std::string& state) {
  if (state == "up") {
    return {state, Colour::good};
  }
  return {state, state == "lost" ? Colour::bad : Colour::warning};
}

// Returns what 'by_name' holds of 'name'; null of a port that went between two questions.
Json find_port(const Json& by_name, const std::string& name) {
  const Json ports = by_name.value("ports", Json::object());
  const auto found = ports.find(name);
  return found == ports.end() ? Json() : *found;
}

std::string rate_text(const Json& rates, const char* key) {
  return rates.is_object() ? bit_rate(rates.at(key).get<std::uint64_t>()) : "-";
}

bool is_any_with(const Json& ports, const char* member) {
  return std::ranges::any_of(ports, [&](const Json& port) { return port.contains(member); });
}

// "broadcast 500pps (storm: broadcast)".
Cell storm_cell(const Json& port) {
  std::string text = config::storm_control_in_short(port.value("storm_control", Json::object()));
  std::string storms;
  for (const Json& storm : port.value("storms", Json::array())) {
    storms += (storms.empty() ? "" : ",") + storm.get<std::string>();
  }
  if (!storms.empty()) {
    return {printable(text + " (storm: " + storms + ')'), Colour::warning};
  }
  return {printable(text)};
}

}  // namespace

std::string vlan_in_short(const Json& vlan) {
  const auto mode = vlan.at("mode").get<std::string>();
  if (mode == "access") {
    return text_at(vlan, "pvid");
  }
  if (mode == "dot1q-tunnel") {
    return "tunnel " + text_at(vlan, "pvid");
  }
  const std::string allowed = text_at(vlan, "allowed");
  return "trunk " + (allowed == "1-4094" ? "all" : allowed);
}

std::string render_ports(const Json& list, const Json& rates, const Json& statistics,
                         const Style& style) {
  if (list.at("ports").empty()) {
    return "no ports\n";
  }
  // A set of many ranges would push the columns behind it off the screen.
  const Column vlans{.heading = "VLAN", .is_elastic = true};
  // Few ports have any: then there is no column for them.
  const bool has_conditions = is_any_with(list.at("ports"), "conditions");
  const bool has_storm_control = is_any_with(list.at("ports"), "storm_control");
  std::vector<Column> columns{{"PORT"}, {"SWITCH"}, {"STATE"}, vlans, {"RX"}, {"TX"}, {"DROPS"}};
  if (has_conditions) {
    columns.push_back({.heading = "CONDITIONS", .is_elastic = true});
  }
  if (has_storm_control) {
    columns.push_back({.heading = "STORM CONTROL", .is_elastic = true});
  }
  Table table(std::move(columns));
  for (const Json& port : list.at("ports")) {
    const auto name = port.at("name").get<std::string>();
    const Json rate = find_port(rates, name);
    const Json counts = find_port(statistics, name);
    const std::string drops = counts.is_object() ? drops_in_short(counts.at("drops")) : "-";
    std::vector<Cell> row{{printable(name)},
                          {text_at(port, "switch")},
                          state_cell(text_at(port, "state")),
                          {vlan_in_short(port.at("vlan"))},
                          {rate_text(rate, "in_bits_per_second")},
                          {rate_text(rate, "out_bits_per_second")},
                          {drops, drops == "0" || drops == "-" ? Colour::none : Colour::warning}};
    if (has_conditions) {
      row.push_back({printable(config::in_short(port.value("conditions", Json::object())))});
    }
    if (has_storm_control) {
      row.push_back(storm_cell(port));
    }
    table.add(std::move(row));
  }
  return table.to_text(style);
}

}  // namespace tapswitch::tapctl
