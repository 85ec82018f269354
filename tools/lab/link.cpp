// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/link.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/machine_monitor.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {
namespace {

// A cable is a link, and the end of it that was named.
struct Cable {
  LinkSpec link;
  End end;
};

Cable find_link(const LabSpec& lab, const std::string& text) {
  std::vector<std::string> names;
  for (const LinkSpec& each : lab.links) {
    for (const End& end : {each.first, each.second}) {
      if (end.text() == text && !end.is_switch()) {
        return {.link = each, .end = end};
      }
      if (!end.is_switch()) {
        names.push_back(end.text());
      }
    }
  }
  throw Failure(fmt::format("the lab '{}' has no link at '{}'{}", lab.name, text,
                            tapctl::did_you_mean(text, names)));
}

bool is_card(const LabSpec& lab, const End& end) {
  return !end.is_switch() && lab.nodes.at(end.name).kind == NodeSpec::Kind::vm;
}

// Returns which of its machine's cards it is, in the order in which QEMU is told of them.
std::size_t number_of_card(const LabSpec& lab, const End& card) {
  std::size_t number = 0;
  for (const LinkSpec& each : lab.links) {
    for (const End& end : {each.first, each.second}) {
      if (end == card) {
        return number;
      }
      number += end.name == card.name && !end.is_switch() ? 1U : 0U;
    }
  }
  return number;
}

// A card's socket stays connected, for QEMU 7.2 would not connect again: the guest is told by QEMU.
// So what a wire does by itself for two namespaces is done here for whoever is at the other end.
void set_link(const LabSpec& lab, const std::string& directory, const Cable& cable, bool is_up) {
  const End& other = cable.link.first == cable.end ? cable.link.second : cable.link.first;
  const bool has_card = is_card(lab, cable.end) || is_card(lab, other);
  for (const End& end : {cable.end, other}) {
    if (is_card(lab, end)) {
      set_card_link(monitor_socket(directory, end.name), card_name(number_of_card(lab, end)),
                    is_up);
    } else if (end == cable.end || (has_card && !end.is_switch())) {
      set_carrier(directory, port_name(lab, end), is_up);
    }
  }
}

}  // namespace

std::string port_at(const std::string& name, const std::string& end) {
  const FoundLab found = find_lab(name);
  const LabSpec lab = read_lab(found.state.document, found.name).lab;
  return port_name(lab, find_link(lab, end).end);
}

int link(const Words& words) {
  const std::string& wanted = words.words[0];
  if (wanted != "up" && wanted != "down") {
    throw tapctl::UsageError(fmt::format("'{}' is neither up nor down", wanted), "lab link");
  }
  const FoundLab found = find_lab(words.value("lab"));
  const LabSpec lab = read_lab(found.state.document, found.name).lab;
  const Cable cable = find_link(lab, words.words[1]);
  set_link(lab, found.directory, cable, wanted == "up");
  fmt::print("link {} is {}\n", cable.end.text(), wanted);
  return 0;
}

}  // namespace tapswitch::lab
