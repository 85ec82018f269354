// SPDX-License-Identifier: Apache-2.0
#include "control/lab/wiring.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/lab/link_conditions.hpp"

namespace tapswitch::lab {
namespace {

// FNV-1a: the same on every machine, which std::hash does not promise.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  }
  return hash;
}

std::ptrdiff_t links_of(const LabSpec& lab, const std::string& node) {
  std::ptrdiff_t count = 0;
  for (const LinkSpec& link : lab.links) {
    count += (!link.first.is_switch() && link.first.name == node ? 1 : 0) +
             (!link.second.is_switch() && link.second.name == node ? 1 : 0);
  }
  return count;
}

// Locally administered, and within what people know as QEMU's.
std::string derived_mac(const std::string& name) {
  const std::uint64_t hash = hash_of(name);
  return fmt::format("52:54:00:{:02x}:{:02x}:{:02x}", (hash >> 16) & 0xff, (hash >> 8) & 0xff,
                     hash & 0xff);
}

// The MTU of a link between two nodes is both ends', which is a mistake (check_addresses.hpp); a
// virtual machine is not asked there.
std::optional<std::string> said_mac(const LabSpec& lab, const LinkSpec& link, const End& end) {
  const NodeSpec& node = lab.nodes.at(end.name);
  const auto& interfaces = node.interfaces;
  if (const auto found = interfaces.find(end.interface);
      found != interfaces.end() && found->second.mac) {
    return found->second.mac;
  }
  const bool is_of_link = link.first.is_switch() || link.second.is_switch();
  const bool may_say = is_of_link || node.has_namespace();
  return may_say && link.port.contains("mac") ? std::optional(link.port["mac"].get<std::string>())
                                              : std::nullopt;
}

// Makes the document, a link at a time.
class Maker {
 public:
  Maker(const LabSpec& lab, const std::string& directory, bool has_kernel_path)
      : lab_(lab),
        directory_(directory),
        has_kernel_path_(has_kernel_path),
        macs_(macs_of(lab)),
        ports_(ports_of_links(lab)) {
    wiring_.document = {{"version", config::document_version}, {"switches", lab.switches}};
    if (!lab.sflow.is_null()) {
      wiring_.document["sflow"] = lab.sflow;
    }
  }

  Wiring make() {
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      const LinkSpec& link = lab_.links[i];
      pointer_ = fmt::format("/links/{}", i);
      if (link.first.is_switch() && link.second.is_switch()) {
        join(link, ports_[i]);
      } else if (link.first.is_switch() || link.second.is_switch()) {
        const bool is_first_switch = link.first.is_switch();
        const End& home = is_first_switch ? link.first : link.second;
        const End& node = is_first_switch ? link.second : link.first;
        add(home.name, ports_[i].first, with_conditions(node_port(node, link), link));
      } else {
        const std::string home = wire_name(lab_, link);
        // Nothing is learned on a wire.
        wiring_.document["switches"][home] = {
            {"forward_reserved", {"all"}}, {"fdb", {{"capacity", 1}}}, {"wire", true}};
        wiring_.pointers.emplace("/switches/" + home, pointer_);
        for (const bool is_first : {true, false}) {
          Json port = node_port(is_first ? link.first : link.second, link);
          port["learning"] = false;
          add(home, is_first ? ports_[i].first : ports_[i].second,
              is_first ? with_conditions(std::move(port), link) : std::move(port));
        }
      }
    }
    return std::move(wiring_);
  }

 private:
  void add(const std::string& home, const std::string& name, Json port) {
    Json& switches = wiring_.document["switches"];
    if (!switches.is_object() || !switches.contains(home) || !switches[home].is_object()) {
      return;
    }
    Json& ports = switches[home]["ports"];
    if ((ports.is_null() || ports.is_object()) && !ports.contains(name)) {
      ports[name] = std::move(port);
      wiring_.pointers.emplace(fmt::format("/switches/{}/ports/{}", home, name), pointer_);
    }
  }

  void join(const LinkSpec& link, const LinkPorts& ports) {
    Json there = link.port;
    there["type"] = "patch";
    Json back = there;
    there["peer"] = ports.second;
    back["peer"] = ports.first;
    add(link.first.name, ports.first, with_conditions(std::move(there), link));
    add(link.second.name, ports.second, std::move(back));
  }

  // Puts the conditions of 'link' on the one of its ports at which they stand, the first.
  static Json with_conditions(Json port, const LinkSpec& link) {
    Json conditions = conditions_at_port(link.conditions, is_first_in(link));
    if (!conditions.empty()) {
      port["conditions"] = std::move(conditions);
    }
    return port;
  }

  [[nodiscard]] Json node_port(const End& end, const LinkSpec& link) const {
    const NodeSpec& node = lab_.nodes.at(end.name);
    Json port = link.port;
    if (node.kind == NodeSpec::Kind::vm) {
      port.erase("mac");
      port["type"] = "qemu";
      port["listen"] = "unix:" + card_socket(directory_, end.name, end.interface);
      return port;
    }
    port["type"] = interface_type(link, has_kernel_path_);
    port["interface"] = end.interface;
    port["namespace"] = namespace_name(lab_.name, end.name);
    // The node's changes to the interface survive the daemon; it goes with the namespace.
    port["persist"] = true;
    // Set, also where nobody says it: else it would be another each time, and udev might change it.
    port["mac"] = macs_.at(end.text());
    if (const auto found = node.interfaces.find(end.interface); found != node.interfaces.end()) {
      const InterfaceSpec& spec = found->second;
      if (spec.mtu) {
        port["mtu"] = *spec.mtu;
      }
      if (!spec.addresses.empty()) {
        port["addresses"] = spec.addresses;
      }
    }
    return port;
  }

  const LabSpec& lab_;
  const std::string& directory_;
  bool has_kernel_path_;
  std::map<std::string, std::string> macs_;
  std::vector<LinkPorts> ports_;
  std::string pointer_;
  Wiring wiring_;
};

}  // namespace

std::string namespace_name(const std::string& lab, const std::string& node) {
  return lab + '-' + node;
}

std::string card_socket(const std::string& directory, const std::string& node,
                        const std::string& interface) {
  return fmt::format("{}/{}.{}.sock", directory, node, interface);
}

std::map<std::string, std::string> macs_of(const LabSpec& lab) {
  std::map<std::string, std::string> macs;
  std::set<std::string> taken;
  std::vector<const End*> others;
  for (const LinkSpec& link : lab.links) {
    for (const End* end : {&link.first, &link.second}) {
      if (end->is_switch()) {
        continue;
      }
      if (const auto said = said_mac(lab, link, *end)) {
        macs[end->text()] = *said;
        taken.insert(*said);
      } else {
        others.push_back(end);
      }
    }
  }
  for (const End* end : others) {
    std::string name = fmt::format("{}/{}/{}", lab.name, end->name, end->interface);
    std::string mac = derived_mac(name);
    while (!taken.insert(mac).second) {
      name += '/';
      mac = derived_mac(name);
    }
    macs[end->text()] = mac;
  }
  return macs;
}

std::string port_name(const LabSpec& lab, const End& end) {
  return links_of(lab, end.name) == 1 ? end.name : end.name + '-' + end.interface;
}

std::string interface_type(const LinkSpec& link, bool has_kernel_path) {
  const bool is_wire = !link.first.is_switch() && !link.second.is_switch();
  return link.port.value("type", has_kernel_path && !is_wire ? "veth" : "tap");
}

std::string wire_name(const LabSpec& lab, const LinkSpec& link) {
  return "wire." + port_name(lab, link.first);
}

std::vector<LinkPorts> ports_of_links(const LabSpec& lab) {
  std::vector<LinkPorts> ports;
  std::map<std::string, int> patches;
  // Two switches may have several links.
  const auto free_name = [&](const std::string& name) {
    const int count = ++patches[name];
    return count == 1 ? name : fmt::format("{}-{}", name, count);
  };
  for (const LinkSpec& link : lab.links) {
    const End& first = link.first;
    const End& second = link.second;
    if (first.is_switch() && second.is_switch()) {
      std::string there = free_name(first.name + '-' + second.name);
      ports.push_back({std::move(there), free_name(second.name + '-' + first.name)});
    } else {
      ports.push_back({port_name(lab, first.is_switch() ? second : first),
                       port_name(lab, second.is_switch() ? first : second)});
    }
  }
  return ports;
}

Wiring wire(const LabSpec& lab, const std::string& directory, bool has_kernel_path) {
  return Maker(lab, directory, has_kernel_path).make();
}

}  // namespace tapswitch::lab
