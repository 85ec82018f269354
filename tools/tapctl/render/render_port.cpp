// SPDX-License-Identifier: Apache-2.0
// render_port.cpp: the part of render.hpp that is about ports.
#include <string>

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
  Table table({{"PORT"}, {"SWITCH"}, {"STATE"}, vlans, {"RX"}, {"TX"}, {"DROPS"}});
  for (const Json& port : list.at("ports")) {
    const auto name = port.at("name").get<std::string>();
    const Json rate = find_port(rates, name);
    const Json counts = find_port(statistics, name);
    const std::string drops = counts.is_object() ? drops_in_short(counts.at("drops")) : "-";
    table.add({{printable(name)},
               {text_at(port, "switch")},
               state_cell(text_at(port, "state")),
               {vlan_in_short(port.at("vlan"))},
               {rate_text(rate, "in_bits_per_second")},
               {rate_text(rate, "out_bits_per_second")},
               {drops, drops == "0" || drops == "-" ? Colour::none : Colour::warning}});
  }
  return table.to_text(style);
}

}  // namespace tapswitch::tapctl
