// SPDX-License-Identifier: Apache-2.0
#include "control/network/describe_tree.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "control/config/append.hpp"

namespace tapswitch::network {

using protocols::BridgeId;
using protocols::RstpBridge;
using protocols::RstpPort;
using protocols::RstpRole;
using protocols::RstpState;

namespace {

Json to_json(BridgeId id) {
  return {{"priority", id.priority()}, {"address", id.address().to_string()}};
}

unsigned seconds_of(protocols::Ticks ticks) {
  return (ticks + protocols::ticks_a_second / 2U) / protocols::ticks_a_second;
}

const std::string* name_of(const RunningSwitch& home, protocols::PortNumber number) {
  return home.port_name(static_cast<PortIndex>(protocols::to_word(number) - 1));
}

}  // namespace

std::string_view text_of(RstpRole role) {
  constexpr std::array<std::string_view, 5> texts = {"disabled", "alternate", "backup", "root",
                                                     "designated"};
  return texts[static_cast<std::size_t>(role)];
}

std::string_view text_of(RstpState state) {
  constexpr std::array<std::string_view, 3> texts = {"discarding", "learning", "forwarding"};
  return texts[static_cast<std::size_t>(state)];
}

Json describe_in_tree(const std::string& name, const RstpPort& port) {
  const protocols::PriorityVector& heard = port.port_priority;
  Json guard;
  if (port.is_shut) {
    guard = "bpdu";
  } else if (port.is_held_off) {
    guard = "root";
  }
  return {{"name", name},
          {"number", protocols::to_word(port.number)},
          {"role", text_of(port.role)},
          {"state", text_of(port.state())},
          {"path_cost", port.path_cost()},
          {"priority", port.settings.priority},
          {"edge", port.oper_edge},
          {"point_to_point", port.is_point_to_point()},
          {"protocol", port.send_rstp ? "rstp" : "stp"},
          {"guard", guard},
          {"designated", port.info == RstpPort::Info::disabled
                             ? Json()
                             : Json{{"bridge", to_json(heard.bridge)},
                                    {"port", protocols::number_part(heard.port)},
                                    {"path_cost", heard.cost}}},
          {"received", port.received},
          {"sent", port.sent},
          {"invalid", port.invalid}};
}

Json describe_tree(const RunningSwitch& home, const RstpBridge* tree, protocols::TimePoint now) {
  Json json = {{"switch", home.spec.name}, {"mode", home.spec.stp.mode()}};
  Json ports = Json::array();
  if (tree != nullptr) {
    Json root = to_json(tree->root().root);
    root["path_cost"] = tree->root().cost;
    const std::string* const root_port =
        tree->root_port() ? name_of(home, *tree->root_port()) : nullptr;
    root["port"] = root_port != nullptr ? Json(*root_port) : Json();
    json["bridge"] = to_json(tree->id());
    json["root"] = std::move(root);
    json["hello_seconds"] = seconds_of(tree->root_times().hello);
    json["max_age_seconds"] = seconds_of(tree->root_times().max_age);
    json["forward_delay_seconds"] = seconds_of(tree->root_times().forward_delay);
    json["topology_changes"] = tree->topology_changes();
    json["seconds_since_change"] =
        tree->topology_changes() == 0
            ? Json()
            : Json(std::chrono::floor<std::chrono::seconds>(now - tree->last_topology_change())
                       .count());
    for (const auto& [number, port] : tree->ports()) {
      if (const std::string* const name = name_of(home, number)) {
        ports.push_back(describe_in_tree(*name, port));
      }
    }
  }
  json["ports"] = std::move(ports);
  return json;
}

}  // namespace tapswitch::network
