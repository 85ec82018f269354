// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_graph.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "tools/tapctl/render/render.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

namespace {

constexpr const char* head = R"(graph tapswitch {
  graph [rankdir=LR];
  node [shape=box, fontname="sans-serif", fontsize=11];
  edge [fontname="sans-serif", fontsize=9];
)";

// Between quotation marks, where dot knows two escapes: of these, and of the end of a line.
std::string dot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : printable_lines(text)) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
  }
  return out + '"';
}

std::string switch_id(const std::string& name) { return dot_text("switch " + name); }
std::string port_id(const std::string& name) { return dot_text("port " + name); }
std::string vlan_id(const std::string& home, const std::string& vid) {
  return dot_text(fmt::format("vlan {} of {}", vid, home));
}

std::string edge(const std::string& from, const std::string& to, const std::string& label = {}) {
  return label.empty() ? fmt::format("  {} -- {};\n", from, to)
                       : fmt::format("  {} -- {} [label={}];\n", from, to, dot_text(label));
}

// The VLAN on which the port hangs; empty: on none.
std::string vlan_of(const Json& port) {
  const Json& vlan = port.at("vlan");
  return vlan.at("mode") == "trunk" ? "" : text_at(vlan, "pvid");
}

std::string label_of(const Json& port) {
  std::string label = text_at(port, "name");
  for (const Json& address : port.value("addresses", Json::array())) {
    label += '\n' + text_of(address);
  }
  if (const Json home = port.value("namespace", Json()); home.is_string() && home != "") {
    label += "\nin " + text_of(home);
  }
  return label;
}

std::string look_of(const std::string& state) {
  if (state == "up") {
    return "";
  }
  return state == "lost" ? ", color=red, fontcolor=red, style=dashed"
                         : ", color=gray50, fontcolor=gray50, style=dashed";
}

std::string port_lines(const Json& port) {
  const std::string name = text_at(port, "name");
  const std::string home = text_at(port, "switch");
  const std::string vid = vlan_of(port);
  const bool is_tunnel = port.at("vlan").at("mode") == "dot1q-tunnel";
  const std::string state = text_at(port, "state");
  std::string label = label_of(port);
  if (state != "up") {
    label += "\n" + state;
  }
  return fmt::format("  {} [label={}{}];\n", port_id(name), dot_text(label), look_of(state)) +
         (vid.empty() ? edge(switch_id(home), port_id(name), vlan_in_short(port.at("vlan")))
                      : edge(vlan_id(home, vid), port_id(name), is_tunnel ? "tunnel" : ""));
}

using VlanNames = std::map<std::pair<std::string, std::string>, std::string>;

// Returns those that have a name, and those on which a port hangs, by switch and VID.
VlanNames vlans_of(const Json& network) {
  VlanNames names;
  for (const Json& vlan : network.value("vlans", Json::array())) {
    names[{text_at(vlan, "switch"), text_at(vlan, "vid")}] = text_at(vlan, "name");
  }
  for (const Json& port : network.at("ports")) {
    if (const std::string vid = vlan_of(port); !vid.empty()) {
      names.try_emplace({text_at(port, "switch"), vid});
    }
  }
  return names;
}

std::string station_lines(const Json& entry) {
  const std::string mac = text_at(entry, "mac");
  const std::string vid = text_at(entry, "vlan");
  const std::string id =
      dot_text(fmt::format("station {} in vlan {} of {}", mac, vid, text_at(entry, "switch")));
  const std::string label = entry.at("kind") == "static" ? mac + "\nstatic" : mac;
  return fmt::format("  {} [shape=plaintext, label={}];\n", id, dot_text(label)) +
         edge(port_id(text_at(entry, "port")), id, "VLAN " + vid);
}

}  // namespace

std::string render_graph(const Json& network) {
  std::string text = head;
  for (const Json& one : network.at("switches")) {
    const std::string name = text_at(one, "name");
    text += fmt::format("  {} [label={}, style=bold];\n", switch_id(name), dot_text(name));
  }
  for (const auto& [key, name] : vlans_of(network)) {
    const auto& [home, vid] = key;
    text += fmt::format("  {} [label={}, shape=ellipse];\n", vlan_id(home, vid),
                        dot_text("VLAN " + vid + (name.empty() ? "" : '\n' + name)));
    text += edge(switch_id(home), vlan_id(home, vid));
  }
  for (const Json& port : network.at("ports")) {
    text += port_lines(port);
  }
  for (const Json& entry : network.value("entries", Json::array())) {
    text += station_lines(entry);
  }
  return text + "}\n";
}

}  // namespace tapswitch::tapctl
