// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/link.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {
namespace {

End find_end(const LabSpec& lab, const std::string& text) {
  std::vector<std::string> names;
  for (const LinkSpec& each : lab.links) {
    for (const End& end : {each.first, each.second}) {
      if (end.text() == text && !end.is_switch()) {
        return end;
      }
      if (!end.is_switch()) {
        names.push_back(end.text());
      }
    }
  }
  throw Failure(fmt::format("the lab '{}' has no link at '{}'{}", lab.name, text,
                            tapctl::did_you_mean(text, names)));
}

}  // namespace

std::string port_at(const std::string& name, const std::string& end) {
  const FoundLab found = find_lab(name);
  const LabSpec lab = read_lab(found.state.document, found.name).lab;
  return port_name(lab, find_end(lab, end));
}

int link(const Words& words) {
  const std::string& wanted = words.words[0];
  if (wanted != "up" && wanted != "down") {
    throw tapctl::UsageError(fmt::format("'{}' is neither up nor down", wanted), "lab link");
  }
  const FoundLab found = find_lab(words.value("lab"));
  const LabSpec lab = read_lab(found.state.document, found.name).lab;
  const End end = find_end(lab, words.words[1]);
  if (lab.nodes.at(end.name).kind == NodeSpec::Kind::vm) {
    throw Failure(fmt::format(
        "'{}' is a card of a virtual machine, which would not come back: pull the other end",
        end.text()));
  }
  set_carrier(found.directory, port_name(lab, end), wanted == "up");
  fmt::print("link {} is {}\n", end.text(), wanted);
  return 0;
}

}  // namespace tapswitch::lab
