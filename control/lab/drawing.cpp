// SPDX-License-Identifier: Apache-2.0
#include "control/lab/drawing.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tapswitch::lab {
namespace {

// "VLAN 10", "trunk 10,20", "tunnel 100"; nothing where nothing is said.
std::string vlan_text(const Json& port) {
  const Json vlan = port.value("vlan", Json());
  if (!vlan.is_object()) {
    return "";
  }
  const std::string mode = vlan.value("mode", "");
  const auto number = [&](const char* key) { return vlan.value(key, Json()).dump(); };
  if (mode == "access") {
    return "VLAN " + number("pvid");
  }
  if (mode == "dot1q-tunnel") {
    return "tunnel " + number("pvid");
  }
  const Json allowed = vlan.value("allowed", Json("all"));
  return "trunk " + (allowed.is_string() ? allowed.get<std::string>()
                                         : fmt::format("{}", fmt::join(allowed, ",")));
}

std::string addresses_text(const LabSpec& lab, const End& end, const LinkSpec& link) {
  std::vector<std::string> addresses;
  const bool is_alone = link.first.is_switch() || link.second.is_switch();
  if (is_alone) {
    addresses = link.port.value("addresses", addresses);
  }
  const auto& interfaces = lab.nodes.at(end.name).interfaces;
  if (const auto found = interfaces.find(end.interface); found != interfaces.end()) {
    const auto& own = found->second.addresses;
    addresses.insert(addresses.end(), own.begin(), own.end());
  }
  return fmt::format("{}", fmt::join(addresses, ", "));
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
  }
  return out + '"';
}

// The ports of a switch that no link makes.
Json own_ports(const Json& home) { return home.value("ports", Json::object()); }

// A line below a switch.
struct Branch {
  std::string what;
  std::string addresses;
  std::string vlan;
};

std::vector<Branch> branches_of(const LabSpec& lab, const std::string& name, const Json& home) {
  std::vector<Branch> branches;
  for (const LinkSpec& link : lab.links) {
    const bool is_first = link.first.is_switch() && link.first.name == name;
    const bool is_second = link.second.is_switch() && link.second.name == name;
    if (!is_first && !is_second) {
      continue;
    }
    const End& other = is_first ? link.second : link.first;
    branches.push_back({other.text(), other.is_switch() ? "" : addresses_text(lab, other, link),
                        vlan_text(link.port)});
  }
  const Json ports = own_ports(home);
  for (const auto& [port, settings] : ports.items()) {
    const auto addresses = settings.value("addresses", std::vector<std::string>());
    branches.push_back({fmt::format("{} ({})", port, settings.value("type", "tap")),
                        fmt::format("{}", fmt::join(addresses, ", ")), vlan_text(settings)});
  }
  return branches;
}

std::string tree(const std::vector<Branch>& branches) {
  std::size_t widest = 0;
  std::size_t widest_addresses = 0;
  for (const Branch& branch : branches) {
    widest = std::max(widest, branch.what.size());
    widest_addresses = std::max(widest_addresses, branch.addresses.size());
  }
  std::string text;
  for (const Branch& branch : branches) {
    std::string line =
        fmt::format("{} {:<{}}  {:<{}}  {}", &branch == &branches.back() ? "└──" : "├──",
                    branch.what, widest, branch.addresses, widest_addresses, branch.vlan);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string dot_node(const LabSpec& lab, const NodeSpec& node) {
  std::vector<std::string> lines = {node.name};
  for (const LinkSpec& link : lab.links) {
    for (const End& end : {link.first, link.second}) {
      if (!end.is_switch() && end.name == node.name) {
        if (const auto text = addresses_text(lab, end, link); !text.empty()) {
          lines.push_back(text);
        }
      }
    }
  }
  // Within a label "\n" is a new line, so what is quoted is joined and not the other way round.
  std::string label;
  for (const std::string& line : lines) {
    const std::string text = quoted(line);
    label += (label.empty() ? "" : "\\n") + text.substr(1, text.size() - 2);
  }
  const bool is_vm = node.kind == NodeSpec::Kind::vm;
  return fmt::format("  {} [label=\"{}\", shape={}];\n", quoted(node.name), label,
                     is_vm ? "box, style=\"rounded,dashed\"" : "box, style=rounded");
}

std::string dot_link(const LinkSpec& link) {
  std::string attributes;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      attributes += fmt::format("{}{}={}", attributes.empty() ? "" : ", ", name, quoted(value));
    }
  };
  add("taillabel", link.first.interface);
  add("headlabel", link.second.interface);
  add("label", vlan_text(link.port));
  return fmt::format("  {} -- {}{};\n", quoted(link.first.name), quoted(link.second.name),
                     attributes.empty() ? "" : fmt::format(" [{}]", attributes));
}

}  // namespace

std::string to_dot(const LabSpec& lab) {
  std::string text = fmt::format(
      "graph {} {{\n"
      "  graph [overlap=false, nodesep=0.4, ranksep=0.9];\n"
      "  node [fontname=\"sans-serif\", fontsize=11];\n"
      "  edge [fontname=\"sans-serif\", fontsize=9, labeldistance=1.6];\n",
      quoted(lab.name));
  for (const auto& [name, home] : lab.switches.items()) {
    text += fmt::format("  {} [shape=box, style=filled, fillcolor=lightgrey];\n", quoted(name));
    const Json ports = own_ports(home);
    for (const auto& [port, settings] : ports.items()) {
      const std::string id = quoted("port " + port);
      text += fmt::format("  {} [label={}, shape=plaintext];\n", id, quoted(port));
      text +=
          fmt::format("  {} -- {} [label={}];\n", id, quoted(name), quoted(vlan_text(settings)));
    }
  }
  for (const auto& [name, node] : lab.nodes) {
    text += dot_node(lab, node);
  }
  for (const LinkSpec& link : lab.links) {
    text += dot_link(link);
  }
  return text + "}\n";
}

std::string to_drawing(const LabSpec& lab) {
  std::string text;
  for (const auto& [name, home] : lab.switches.items()) {
    text += name + '\n' + tree(branches_of(lab, name, home));
  }
  std::string unlinked;
  for (const LinkSpec& link : lab.links) {
    if (!link.first.is_switch() && !link.second.is_switch()) {
      const auto with_addresses = [&](const End& end) {
        const auto addresses = addresses_text(lab, end, link);
        return end.text() + (addresses.empty() ? "" : fmt::format(" ({})", addresses));
      };
      text += fmt::format("{} ─── {}\n", with_addresses(link.first), with_addresses(link.second));
    }
  }
  for (const auto& [name, node] : lab.nodes) {
    const bool is_linked =
        std::any_of(lab.links.begin(), lab.links.end(), [&, &id = name](const LinkSpec& link) {
          return (!link.first.is_switch() && link.first.name == id) ||
                 (!link.second.is_switch() && link.second.name == id);
        });
    if (!is_linked) {
      unlinked += name + " (without a link)\n";
    }
  }
  return text + unlinked;
}

}  // namespace tapswitch::lab
