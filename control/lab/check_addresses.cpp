// SPDX-License-Identifier: Apache-2.0
#include "control/lab/check_addresses.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "control/lab/domains.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::lab {
namespace {

class AddressChecker {
 public:
  AddressChecker(const LabSpec& lab, config::Mistakes& mistakes)
      : lab_(lab), domains_(lab, mistakes), mistakes_(mistakes) {}

  void check() {
    for (std::size_t i = 0; i < lab_.links.size(); ++i) {
      const LinkSpec& link = lab_.links[i];
      hear(link.first, link, i);
      hear(link.second, link, i);
    }
    hear_ports();
  }

 private:
  // A station's IP address, where it is written, and whose it is.
  struct Writing {
    std::string pointer;
    std::string owner;
  };

  void hear(const End& end, const LinkSpec& link, std::size_t index) {
    if (end.is_switch()) {
      return;
    }
    const std::string at_link = fmt::format("/links/{}", index);
    const std::string domain = domains_.of_link(index);
    hear(link.port, domain, {at_link, end.text()});
    const NodeSpec& node = lab_.nodes.at(end.name);
    const auto interface = node.interfaces.find(end.interface);
    if (interface == node.interfaces.end()) {
      return;
    }
    Json own = {{"addresses", interface->second.addresses}};
    if (interface->second.mac) {
      own["mac"] = *interface->second.mac;
    }
    hear(own, domain,
         {fmt::format("/nodes/{}/interfaces/{}", end.name, end.interface), end.text()});
  }

  // The TAPs of the switches' own ports are stations too.
  void hear_ports() {
    for (const auto& [name, home] : lab_.switches.items()) {
      const std::string at = fmt::format("/switches/{}/ports", name);
      if (!home.is_object() || !home.contains("ports") || !mistakes_.is_clean(at)) {
        continue;
      }
      for (const auto& [port, settings] : home["ports"].items()) {
        const std::string at_port = fmt::format("{}/{}", at, port);
        hear(settings, domains_.of_port(name, settings, at_port), {at_port, port});
      }
    }
  }

  void hear(const Json& settings, const std::string& domain, const Writing& writing) {
    std::size_t index = 0;
    for (const Json& text : settings.value("addresses", Json::array())) {
      const auto address = InterfaceAddress::parse(text.get<std::string>());
      const std::string pointer = fmt::format("{}/addresses/{}", writing.pointer, index++);
      if (!address) {
        continue;
      }
      // Whatever the length of its prefix is.
      const auto whole = InterfaceAddress::from_octets(address->octets(), 0);
      const auto [other, is_new] =
          addresses_.emplace(domain + ' ' + whole->to_string(), writing.owner);
      if (!is_new) {
        mistakes_.add(
            pointer,
            fmt::format("{} has the address '{}' already", other->second, text.get<std::string>()),
            "an address of its own");
      }
    }
    if (settings.contains("mac")) {
      const auto mac = MacAddress::parse(settings["mac"].get<std::string>());
      const auto [other, is_new] = macs_.emplace(mac ? mac->to_string() : "", writing.owner);
      if (mac && !is_new) {
        mistakes_.add(
            writing.pointer + "/mac",
            fmt::format("{} has the address '{}' already", other->second, mac->to_string()),
            "an address of its own");
      }
    }
  }

  const LabSpec& lab_;
  const Domains domains_;
  config::Mistakes& mistakes_;
  std::map<std::string, std::string> addresses_;  // whose it is, by domain and address
  std::map<std::string, std::string> macs_;
};

}  // namespace

void check_addresses(const LabSpec& lab, config::Mistakes& mistakes) {
  AddressChecker(lab, mistakes).check();
}

}  // namespace tapswitch::lab
