// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_tree.hpp"

#include <vector>

#include <fmt/format.h>

#include "tools/terminal/table.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/units.hpp"

namespace tapswitch::tapctl {
namespace {

std::string bridge_text(const Json& bridge) {
  return fmt::format("{} {}", text_at(bridge, "priority"), text_at(bridge, "address"));
}

std::string way_to_root(const Json& root) {
  return root.at("port").is_null()
             ? "this bridge is the root"
             : fmt::format("cost {}, port {}", text_at(root, "path_cost"), text_at(root, "port"));
}

std::string changes_text(const Json& tree) {
  const Json& since = tree.at("seconds_since_change");
  return since.is_null() ? "none"
                         : fmt::format("{}, the last {} ago", text_at(tree, "topology_changes"),
                                       duration(since.get<std::uint64_t>()));
}

// Tells what is not as usual about the link of a port.
std::string link_text(const Json& port) {
  std::string text = port.at("point_to_point") == true ? "p2p" : "shared";
  if (port.at("edge") == true) {
    text += " edge";
  }
  if (port.at("protocol") == "stp") {
    text += " stp";
  }
  return port.at("guard").is_null() ? text : text + ' ' + text_at(port, "guard") + "_guard";
}

Colour colour_of(const Json& port) {
  return port.at("state") == "forwarding" ? Colour::good
         : port.at("guard").is_null()     ? Colour::none
                                          : Colour::bad;
}

}  // namespace

std::string render_tree(const Json& tree, const Style& style) {
  if (tree.at("mode") == "off") {
    return fmt::format("switch {} has no spanning tree\n", text_at(tree, "switch"));
  }
  std::string text = fmt::format(
      "switch {} ({})\n"
      "  root     {}  {}\n"
      "  bridge   {}\n"
      "  times    hello {} s, max age {} s, forward delay {} s\n"
      "  changes  {}\n",
      text_at(tree, "switch"), text_at(tree, "mode"), bridge_text(tree.at("root")),
      way_to_root(tree.at("root")), bridge_text(tree.at("bridge")), text_at(tree, "hello_seconds"),
      text_at(tree, "max_age_seconds"), text_at(tree, "forward_delay_seconds"), changes_text(tree));
  if (tree.at("ports").empty()) {
    return text + "  no ports\n";
  }
  Table table({{"PORT"},
               {"ROLE"},
               {"STATE"},
               {"COST", Column::right},
               {"PRIO.NBR", Column::right},
               {"LINK"}});
  for (const Json& port : tree.at("ports")) {
    table.add({{text_at(port, "name")},
               {text_at(port, "role")},
               {text_at(port, "state"), colour_of(port)},
               {text_at(port, "path_cost")},
               {text_at(port, "priority") + '.' + text_at(port, "number")},
               {link_text(port)}});
  }
  return text + '\n' + table.to_text(style);
}

std::string tree_event_text(const std::string& what, const Json& data) {
  const std::string port = text_at(data, "name");
  if (what == "topology_change") {
    return fmt::format("topology change at port {}", port);
  }
  if (what == "guard") {
    return data.at("guard").is_null()
               ? fmt::format("port {} is held back by no guard any more", port)
               : fmt::format("port {} is held back by its {}_guard", port, text_at(data, "guard"));
  }
  return fmt::format("port {} is {}, {}", port, text_at(data, "role"), text_at(data, "state"));
}

}  // namespace tapswitch::tapctl
