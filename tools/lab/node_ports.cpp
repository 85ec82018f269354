// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/node_ports.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "control/config/document.hpp"
#include "control/config/read_document.hpp"
#include "control/lab/wiring.hpp"

namespace tapswitch::lab {
namespace {

using config::NetworkSpec;
using config::PortSpec;
using config::SwitchSpec;

// Tells the ports of some nodes from others.
class NodePorts {
 public:
  NodePorts(const LabSpec& lab, const std::set<std::string>& nodes) {
    for (const std::string& node : nodes) {
      name_spaces_.insert(namespace_name(lab.name, node));
    }
  }

  [[nodiscard]] bool have(const PortSpec& port) const {
    const auto name_space = config::name_space_of(port.far_end);
    return name_space && name_spaces_.contains(*name_space);
  }

  [[nodiscard]] NetworkSpec taken_out_of(const Json& document) const {
    NetworkSpec network = config::read_document(document).network;
    for (auto& [name, home] : network.switches) {
      (void)config::remove_ports(home, [this](const PortSpec& port) { return have(port); });
    }
    return network;
  }

 private:
  std::set<std::string> name_spaces_;
};

// Returns the names of the ports of 'wanted' that were put in.
std::set<std::string> put_in(SwitchSpec& home, const SwitchSpec& wanted, const NodePorts& theirs) {
  SwitchSpec come = wanted;
  (void)config::remove_ports(come, [&](const PortSpec& port) { return !theirs.have(port); });
  config::add_ports(home, come.ports, come.static_entries);
  std::set<std::string> names;
  for (const PortSpec& port : come.ports) {
    names.insert(port.name);
  }
  return names;
}

void put_in_mirrors(SwitchSpec& home, const SwitchSpec& wanted, const std::set<std::string>& come) {
  std::set<std::string> missing;
  for (const PortSpec& port : wanted.ports) {
    if (std::ranges::find(home.ports, port.name, &PortSpec::name) == home.ports.end()) {
      missing.insert(port.name);
    }
  }
  config::MirrorSpecs mirrors = wanted.mirrors;
  config::leave_out(mirrors, missing);
  for (const auto& entry : mirrors) {
    if (std::ranges::any_of(come, [&](const auto& port) { return entry.second.names(port); })) {
      home.mirrors.insert_or_assign(entry.first, entry.second);
    }
  }
}

Json in_short(const NetworkSpec& network) {
  return config::to_json(network, config::Format::minimal);
}

}  // namespace

Json without_ports_of(const LabSpec& lab, const Json& document,
                      const std::set<std::string>& nodes) {
  return in_short(NodePorts(lab, nodes).taken_out_of(document));
}

Json with_ports_of(const LabSpec& lab, const Json& document, const Json& wanted,
                   const std::set<std::string>& nodes) {
  const NodePorts theirs(lab, nodes);
  NetworkSpec network = theirs.taken_out_of(document);
  for (const auto& [name, home] : config::read_document(wanted).network.switches) {
    const auto found = network.switches.find(name);
    if (found != network.switches.end()) {
      put_in_mirrors(found->second, home, put_in(found->second, home, theirs));
    }
  }
  return in_short(network);
}

}  // namespace tapswitch::lab
