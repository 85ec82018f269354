// SPDX-License-Identifier: Apache-2.0
#include "control/lab/settle_uplinks.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/lab/check_nodes.hpp"
#include "control/lab/domains.hpp"
#include "control/lab/parse_lab.hpp"
#include "control/lab/wiring.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::lab {
namespace {

// There is a way out, and whoever asks for an address is answered. The queue before pasta is made
// long enough for the super-frames of some streams, cut to frames: with a TAP's 1,000 frames they
// lose so many that a stream has a thirtieth of its rate.
std::string readiness_command() {
  constexpr int frames = 8192;
  return fmt::format(
      "ip link set {0} txqueuelen {1} && ip -4 route show default | grep -q {0} && "
      "ss -lun | grep -q ':67 '",
      outer_interface, frames);
}

// As DNS compares names.
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_dns_name(const std::string& text) {
  const bool has_empty_word =
      text.starts_with('.') || text.ends_with('.') || text.find("..") != std::string::npos;
  return !has_empty_word && !InterfaceAddress::parse(text + "/32");
}

bool has_default_route(const NodeSpec& node) {
  return std::any_of(node.routes.begin(), node.routes.end(), [](const std::string& route) {
    return route.starts_with("default") && route.find(':') == std::string::npos;
  });
}

// One interface on the network of an uplink.
struct Neighbour {
  const End* end;
  std::optional<std::uint32_t> index;  // of its address in the subnet
};

class UplinkSettler {
 public:
  UplinkSettler(LabSpec& lab, const std::set<std::string>& named, bool has_every_link,
                config::Mistakes& mistakes)
      : lab_(lab),
        named_(named),
        has_every_link_(has_every_link),
        mistakes_(mistakes),
        domains_(lab, mistakes),
        macs_(macs_of(lab)) {}

  void settle() {
    for (auto& [name, node] : lab_.nodes) {
      if (node.kind == NodeSpec::Kind::nat) {
        at_ = "/nodes/" + name;
        settle(node);
      }
    }
  }

 private:
  void settle(NodeSpec& node) {
    if (const auto link = only_link_of(node)) {
      furnish(node);
      const auto neighbours = neighbours_of(node, domains_.of_link(*link));
      give_addresses(node, neighbours);
      for (const Neighbour& neighbour : neighbours) {
        tell_neighbour(node, neighbour);
      }
      check_names(node);
    }
    check_forwards(node);
  }

  std::optional<std::size_t> only_link_of(NodeSpec& node) {
    std::vector<std::size_t> links;
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      for (const End* end : {&lab_.links[i].first, &lab_.links[i].second}) {
        if (!end->is_switch() && end->name == node.name) {
          links.push_back(i);
          node.uplink.interface = end->interface;
        }
      }
    }
    if (links.size() == 1) {
      return links.front();
    }
    if (has_every_link_) {
      mistakes_.add(at_, fmt::format("has {} links", links.size()),
                    "one link, to the switch of those whom it serves");
    }
    return std::nullopt;
  }

  static void furnish(NodeSpec& node) {
    UplinkSpec& uplink = node.uplink;
    InterfaceSpec& interface = node.interfaces[uplink.interface];
    interface.addresses = {uplink.subnet.interface_at(Subnet::router),
                           uplink.subnet.interface_at(Subnet::resolver)};
    node.ready.emplace().command = parse_command(readiness_command());
    node.sysctls["net.ipv4.ip_forward"] = "1";
    // A connection to the loopback of the machine comes out at that of the namespace.
    node.sysctls["net.ipv4.conf.all.route_localnet"] = uplink.forwards.empty() ? "0" : "1";
    if (!uplink.prefix.empty()) {
      interface.addresses.push_back(address_in(uplink.prefix, Subnet::router));
      interface.addresses.push_back(address_in(uplink.prefix, Subnet::resolver));
      node.sysctls["net.ipv6.conf.all.forwarding"] = "1";
      // Nobody else has these, and to find that out takes a second.
      node.sysctls["net.ipv6.conf.default.accept_dad"] = "0";
      node.sysctls["net.ipv6.conf.default.dad_transmits"] = "0";
    }
  }

  // Returns the interfaces of others in 'domain', in the order of the links.
  std::vector<Neighbour> neighbours_of(const NodeSpec& node, const std::string& domain) {
    std::vector<Neighbour> found;
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      const LinkSpec& link = lab_.links[i];
      if ((link.first.is_switch() && link.second.is_switch()) || domains_.of_link(i) != domain) {
        continue;
      }
      for (const End* end : {&link.first, &link.second}) {
        if (end->is_switch() || end->name == node.name) {
          continue;
        }
        if (lab_.nodes.at(end->name).kind != NodeSpec::Kind::nat) {
          found.push_back({end, index_of(node.uplink.subnet, link, *end)});
        } else if (end->name < node.name) {
          mistakes_.add(at_, fmt::format("'{}' is an uplink of the same network", end->name),
                        "one for each network");
        }
      }
    }
    return found;
  }

  [[nodiscard]] std::optional<std::uint32_t> index_of(const Subnet& subnet, const LinkSpec& link,
                                                      const End& end) const {
    auto addresses = link.port.value("addresses", std::vector<std::string>());
    const auto& interfaces = lab_.nodes.at(end.name).interfaces;
    if (const auto own = interfaces.find(end.interface); own != interfaces.end()) {
      addresses.insert(addresses.end(), own->second.addresses.begin(), own->second.addresses.end());
    }
    for (const std::string& address : addresses) {
      if (const auto index = subnet.index_of(address)) {
        return index;
      }
    }
    return std::nullopt;
  }

  void give_addresses(NodeSpec& node, const std::vector<Neighbour>& neighbours) {
    UplinkSpec& uplink = node.uplink;
    std::set<std::uint32_t> taken;
    for (const Neighbour& each : neighbours) {
      if (each.index) {
        taken.insert(*each.index);
      }
    }
    std::uint32_t next = Subnet::first_lease;
    for (const Neighbour& each : neighbours) {
      while (!each.index && taken.contains(next)) {
        ++next;
      }
      const std::uint32_t index = each.index ? *each.index : next++;
      if (index > uplink.subnet.last_lease() && !each.index) {
        mistakes_.add(at_ + "/subnet",
                      fmt::format("{} has no address for each of {} interfaces",
                                  uplink.subnet.to_string(), neighbours.size()),
                      "a larger network");
        return;
      }
      uplink.stations.push_back({.node = each.end->name,
                                 .mac = macs_.at(each.end->text()),
                                 .address = uplink.subnet.at(index)});
      node.definition["stations"].push_back(
          {each.end->name, macs_.at(each.end->text()), uplink.subnet.at(index)});
    }
  }

  void tell_neighbour(const NodeSpec& uplink, const Neighbour& neighbour) {
    NodeSpec& node = lab_.nodes.at(neighbour.end->name);
    if (std::find(node.after.begin(), node.after.end(), uplink.name) == node.after.end()) {
      node.after.push_back(uplink.name);
    }
    if (node.kind != NodeSpec::Kind::netns) {
      return;
    }
    if (node.resolver.empty()) {
      node.resolver = uplink.name;
    }
    const std::string router = uplink.uplink.subnet.at(Subnet::router);
    const bool is_routed = neighbour.index && !has_default_route(node);
    if (is_routed) {
      node.routes.push_back("default via " + router);
    }
    // A node that gets an uplink, or another one, is made anew.
    node.definition["uplinks"].push_back({uplink.name, is_routed ? router : ""});
  }

  void check_names(const NodeSpec& uplink) {
    std::map<std::string, std::string> names = {{lower(uplink.name), uplink.name}};
    check_name(uplink.name);
    for (const UplinkStation& station : uplink.uplink.stations) {
      const auto [other, is_new] = names.emplace(lower(station.node), station.node);
      if (!is_new && other->second != station.node) {
        mistakes_.add("/nodes/" + station.node,
                      fmt::format("to DNS it is one name with '{}'", other->second),
                      "names that differ by more than capitals");
      }
      if (is_new) {
        check_name(station.node);
      }
    }
  }

  void check_name(const std::string& node) {
    if (!is_dns_name(node)) {
      mistakes_.add("/nodes/" + node, "to DNS it is no name",
                    "words with dots between them, and no address");
    }
  }

  void check_forwards(const NodeSpec& node) {
    std::set<std::string> taken;
    for (std::size_t i = 0; i < node.uplink.forwards.size(); ++i) {
      const Forward& forward = node.uplink.forwards[i];
      const std::string pointer = fmt::format("{}/forward/{}", at_, i);
      const auto& stations = node.uplink.stations;
      if (!taken.insert(fmt::format("{} {}", forward.protocol, forward.port)).second) {
        mistakes_.add(
            pointer, fmt::format("{} port {} is forwarded already", forward.protocol, forward.port),
            "one node to a port");
      }
      if (!named_.contains(forward.node)) {
        mistakes_.add(pointer,
                      fmt::format("there is no node '{}'{}", forward.node,
                                  suggestion(forward.node, {named_.begin(), named_.end()})),
                      "a node of this file");
      } else if (has_every_link_ &&
                 std::none_of(stations.begin(), stations.end(), [&](const UplinkStation& each) {
                   return each.node == forward.node;
                 })) {
        mistakes_.add(
            pointer,
            fmt::format("'{}' has no address on the network of '{}'", forward.node, node.name),
            "a node that is linked with it");
      }
    }
  }

  LabSpec& lab_;
  const std::set<std::string>& named_;
  const bool has_every_link_;
  config::Mistakes& mistakes_;
  const Domains domains_;
  const std::map<std::string, std::string> macs_;
  std::string at_;
};

}  // namespace

void settle_uplinks(LabSpec& lab, const std::set<std::string>& named, bool has_every_link,
                    config::Mistakes& mistakes) {
  UplinkSettler(lab, named, has_every_link, mistakes).settle();
}

}  // namespace tapswitch::lab
