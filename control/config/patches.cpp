// SPDX-License-Identifier: Apache-2.0
#include "control/config/patches.hpp"

#include <algorithm>
#include <deque>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tapswitch::config {

std::optional<Patches::Fault> Patches::add(const std::string& port, const std::string& home,
                                           const std::string& peer) {
  if (const auto other = ends_.find(peer); other != ends_.end()) {
    if (other->second.peer != port) {
      return Fault{.problem = fmt::format("patch '{}' leads to '{}'", peer, other->second.peer),
                   .allowed = "a patch that leads back",
                   .ring = {}};
    }
    if (auto fault = join(other->second.home, home)) {
      return fault;
    }
  }
  if (const auto other = named_by_.find(port); other != named_by_.end() && other->second != peer) {
    return Fault{.problem = fmt::format("patch '{}' leads to this port", other->second),
                 .allowed = fmt::format("'{}'", other->second),
                 .ring = {}};
  }
  ends_[port] = {.home = home, .peer = peer};
  named_by_[peer] = port;
  return std::nullopt;
}

// If switches with trees are joined by such alone, each ring that one more patch makes of them
// is of such alone: another would have been one before.
std::optional<Patches::Fault> Patches::join(const std::string& one, const std::string& other) {
  std::vector<std::string> ring = way(one, other, false);
  if (!ring.empty() && way(one, other, true).empty()) {
    ring.push_back(one);
    return Fault{.problem = fmt::format("it would close a ring of switches, in which frames circle "
                                        "for ever: {}",
                                        fmt::join(ring, " - ")),
                 .allowed =
                     "patches without a ring, or a spanning tree (stp) on each of the "
                     "switches",
                 .ring = std::move(ring)};
  }
  neighbours_[one].push_back(other);
  neighbours_[other].push_back(one);
  return std::nullopt;
}

// The switches from one to the other along the patches; empty if none lead there.
std::vector<std::string> Patches::way(const std::string& from, const std::string& to,
                                      bool by_trees) const {
  if (by_trees && !(has_tree_(from) && has_tree_(to))) {
    return {};
  }
  std::map<std::string, std::string> reached_from = {{from, ""}};
  std::deque<std::string> next = {from};
  while (!next.empty() && !reached_from.contains(to)) {
    const std::string here = next.front();
    next.pop_front();
    const auto found = neighbours_.find(here);
    if (found == neighbours_.end()) {
      continue;
    }
    for (const std::string& neighbour : found->second) {
      if ((!by_trees || has_tree_(neighbour)) && reached_from.emplace(neighbour, here).second) {
        next.push_back(neighbour);
      }
    }
  }
  std::vector<std::string> ring;
  if (reached_from.contains(to)) {
    for (std::string here = to; !here.empty(); here = reached_from.at(here)) {
      ring.push_back(here);
    }
    std::ranges::reverse(ring);
  }
  return ring;
}

}  // namespace tapswitch::config
