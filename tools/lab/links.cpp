// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/links.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/lab/read_lab.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/did_you_mean.hpp"

namespace tapswitch::lab {
namespace {

bool has_end(const Link& link, const std::string& end) { return link.a == end || link.b == end; }

bool has_ends(const Link& link, const std::vector<std::string>& ends) {
  return ends.size() == 1
             ? has_end(link, ends[0])
             : (link.a == ends[0] && link.b == ends[1]) || (link.a == ends[1] && link.b == ends[0]);
}

// Throws Failure.
[[noreturn]] void refuse_ends(const LabLinks& lab, const std::vector<std::string>& ends) {
  std::vector<std::string> names;
  for (const Link& link : lab.links) {
    for (const std::string& name : {link.a, link.b}) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  for (const std::string& end : ends) {
    if (std::find(names.begin(), names.end(), end) == names.end()) {
      throw Failure(fmt::format("the lab '{}' has no link at '{}'{}", lab.lab, end,
                                tapctl::did_you_mean(end, names)));
    }
  }
  std::vector<std::string> others;
  for (const Link& link : lab.links) {
    if (has_end(link, ends[0])) {
      others.push_back(link.a == ends[0] ? link.b : link.a);
    }
  }
  throw Failure(
      fmt::format("the lab '{}' has no link between '{}' and '{}': from '{}' one leads to {}",
                  lab.lab, ends[0], ends[1], ends[0], fmt::join(others, ", ")));
}

// Throws Failure.
[[noreturn]] void refuse_several(const std::vector<Link>& found,
                                 const std::vector<std::string>& ends) {
  if (ends.size() == 1) {
    throw Failure(fmt::format("'{}' has {} links: name the other end too", ends[0], found.size()));
  }
  std::vector<std::string> ports;
  for (const Link& link : found) {
    ports.push_back(link.ports.first);
  }
  throw Failure(
      fmt::format("there are {} links between '{}' and '{}': set the conditions of one of their "
                  "ports, by `tapctl port set` and {}",
                  found.size(), ends[0], ends[1], fmt::join(ports, " or ")));
}

Directions directions_of(const Link& link, const std::vector<std::string>& ends,
                         const std::optional<std::string>& direction) {
  if (direction) {
    return {.a_to_b = *direction != "b-to-a", .b_to_a = *direction != "a-to-b"};
  }
  return ends.size() > 1 ? Directions{.a_to_b = true, .b_to_a = true}
                         : Directions{.a_to_b = link.a == ends[0], .b_to_a = link.a != ends[0]};
}

}  // namespace

std::vector<Link> links_in(const LabSpec& lab) {
  std::vector<Link> links;
  const std::vector<LinkPorts> ports = ports_of_links(lab);
  for (std::size_t i = 0; i < lab.links.size(); ++i) {
    const LinkSpec& link = lab.links[i];
    links.push_back({.a = link.first.text(),
                     .b = link.second.text(),
                     .ports = ports[i],
                     .is_first_in = is_first_in(link)});
  }
  return links;
}

LabLinks links_of(const std::optional<std::string>& name) {
  const FoundLab found = find_lab(name);
  return {.lab = found.name, .links = links_in(read_lab(found.state.document, found.name).lab)};
}

ChosenLink choose_link(const LabLinks& lab, const std::vector<std::string>& ends,
                       const std::optional<std::string>& direction) {
  std::vector<Link> found;
  std::copy_if(lab.links.begin(), lab.links.end(), std::back_inserter(found),
               [&](const Link& link) { return has_ends(link, ends); });
  if (found.empty()) {
    refuse_ends(lab, ends);
  }
  if (found.size() > 1) {
    refuse_several(found, ends);
  }
  return {.link = found.front(), .directions = directions_of(found.front(), ends, direction)};
}

}  // namespace tapswitch::lab
