// SPDX-License-Identifier: Apache-2.0
// links.hpp: the links of a lab that is up, as people name them, and the ports that they make.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/lab/link_conditions.hpp"
#include "control/lab/wiring.hpp"

namespace tapswitch::lab {

// One link. Its conditions stand at ports.first; see control/lab/link_conditions.hpp.
struct Link {
  std::string a;  // its ends, in the order of the file: "alice:eth0", "sw0"
  std::string b;
  LinkPorts ports;
  bool is_first_in = false;

  // Whether there is a port that is the other end's alone.
  [[nodiscard]] bool has_two_ports() const { return ports.first != ports.second; }
};

struct LabLinks {
  std::string lab;  // its name
  std::vector<Link> links;
};

[[nodiscard]] std::vector<Link> links_in(const LabSpec& lab);

// Returns those of the lab 'name'; nullopt: of the only one there is. Throws Failure.
[[nodiscard]] LabLinks links_of(const std::optional<std::string>& name);

// A link, and the directions of it that are meant.
struct ChosenLink {
  Link link;
  Directions directions;
};

// Finds the link that has 'ends', one or two. One end means what leaves there, two mean both
// directions; 'direction' ("a-to-b", "b-to-a", "both") says it otherwise. Throws Failure if there
// is no such link, or several are.
[[nodiscard]] ChosenLink choose_link(const LabLinks& lab, const std::vector<std::string>& ends,
                                     const std::optional<std::string>& direction);

}  // namespace tapswitch::lab
