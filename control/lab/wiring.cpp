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
  const bool may_say = is_of_link || node.kind == NodeSpec::Kind::netns;
  return may_say && link.port.contains("mac") ? std::optional(link.port["mac"].get<std::string>())
                                              : std::nullopt;
}

// Makes the document, a link at a time.
class Maker {
 public:
  Maker(const LabSpec& lab, const std::string& directory)
      : lab_(lab), directory_(directory), macs_(macs_of(lab)) {
    wiring_.document = {{"version", config::document_version}, {"switches", lab.switches}};
  }

  Wiring make() {
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      const LinkSpec& link = lab_.links[i];
      pointer_ = fmt::format("/links/{}", i);
      if (link.first.is_switch() && link.second.is_switch()) {
        join(link);
      } else if (link.first.is_switch() || link.second.is_switch()) {
        const bool is_first_switch = link.first.is_switch();
        const End& home = is_first_switch ? link.first : link.second;
        const End& node = is_first_switch ? link.second : link.first;
        add(home.name, port_name(lab_, node), node_port(node, link.port));
      } else {
        const std::string home = wire_name(lab_, link);
        // Nothing is learned on a wire.
        wiring_.document["switches"][home] = {
            {"forward_reserved", {"all"}}, {"fdb", {{"capacity", 1}}}, {"wire", true}};
        wiring_.pointers.emplace("/switches/" + home, pointer_);
        for (const End& end : {link.first, link.second}) {
          Json port = node_port(end, link.port);
          port["learning"] = false;
          add(home, port_name(lab_, end), std::move(port));
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

  void join(const LinkSpec& link) {
    const std::string there = free_name(link.first.name + '-' + link.second.name);
    const std::string back = free_name(link.second.name + '-' + link.first.name);
    for (const auto& [home, name, peer] :
         {std::tuple(link.first.name, there, back), std::tuple(link.second.name, back, there)}) {
      Json port = link.port;
      port["type"] = "patch";
      port["peer"] = peer;
      add(home, name, std::move(port));
    }
  }

  // Two switches may have several links.
  std::string free_name(const std::string& name) {
    const int count = ++patches_[name];
    return count == 1 ? name : fmt::format("{}-{}", name, count);
  }

  [[nodiscard]] Json node_port(const End& end, const Json& of_link) const {
    const NodeSpec& node = lab_.nodes.at(end.name);
    Json port = of_link;
    if (node.kind == NodeSpec::Kind::vm) {
      port.erase("mac");
      port["type"] = "qemu";
      port["listen"] = "unix:" + card_socket(directory_, end.name, end.interface);
      return port;
    }
    port["type"] = "tap";
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
  std::map<std::string, std::string> macs_;
  std::string pointer_;
  Wiring wiring_;
  std::map<std::string, int> patches_;
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

std::string wire_name(const LabSpec& lab, const LinkSpec& link) {
  return "wire." + port_name(lab, link.first);
}

Wiring wire(const LabSpec& lab, const std::string& directory) {
  return Maker(lab, directory).make();
}

}  // namespace tapswitch::lab
