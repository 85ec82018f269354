// SPDX-License-Identifier: Apache-2.0
#include "control/lab/domains.hpp"

#include <fmt/format.h>

#include "control/config/document.hpp"

namespace tapswitch::lab {

Domains::Domains(const LabSpec& lab, const config::Mistakes& mistakes)
    : lab_(lab), mistakes_(mistakes) {
  for (const LinkSpec& link : lab.links) {
    if (link.first.is_switch() && link.second.is_switch()) {
      joined_[root(link.first.name)] = root(link.second.name);
    }
  }
}

std::string Domains::of_link(std::size_t index) const {
  const LinkSpec& link = lab_.links[index];
  const std::string wire = fmt::format("link {}", index);
  const std::string& home = link.first.is_switch()    ? link.first.name
                            : link.second.is_switch() ? link.second.name
                                                      : wire;
  return of_port(home, link.port, fmt::format("/links/{}", index));
}

std::string Domains::of_port(const std::string& home, const Json& settings,
                             const std::string& pointer) const {
  VlanRule rule;
  if (settings.contains("vlan") && mistakes_.is_clean(pointer)) {
    rule = config::vlan_from_json(settings["vlan"]);
  }
  return fmt::format("{} {}", root(home), rule.pvid);
}

std::string Domains::root(const std::string& name) const {
  std::string at = name;
  for (auto next = joined_.find(at); next != joined_.end() && next->second != at;
       next = joined_.find(at)) {
    at = next->second;
  }
  return at;
}

}  // namespace tapswitch::lab
