// SPDX-License-Identifier: Apache-2.0
// domains.hpp: which interfaces of a lab hear each other: those on switches that are joined, in one
// VLAN. Whether a trunk and an access port meet is not asked; a station is where its untagged
// frames are.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "control/config/mistakes.hpp"
#include "control/lab/model.hpp"

namespace tapswitch::lab {

class Domains {
 public:
  // Both outlive it. Of settings with which something is wrong the VLAN is not known: then the
  // default one is taken.
  Domains(const LabSpec& lab, const config::Mistakes& mistakes);

  // Returns the domain of the interfaces of nodes at a link: equal for those that hear each other.
  [[nodiscard]] std::string of_link(std::size_t index) const;

  // Returns that of a port of the switch 'home' whose 'settings' are written at 'pointer'.
  [[nodiscard]] std::string of_port(const std::string& home, const Json& settings,
                                    const std::string& pointer) const;

 private:
  [[nodiscard]] std::string root(const std::string& name) const;

  const LabSpec& lab_;
  const config::Mistakes& mistakes_;
  std::map<std::string, std::string> joined_;  // a switch, and one it is joined with
};

}  // namespace tapswitch::lab
