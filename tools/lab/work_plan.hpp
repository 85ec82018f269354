// SPDX-License-Identifier: Apache-2.0
// work_plan.hpp: finds what `lab up` has to do: the difference between a lab file and what is there
// of the lab.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/lab/model.hpp"
#include "tools/lab/state.hpp"

namespace tapswitch::lab {

struct WorkPlan {
  std::vector<std::string> lines;  // for people: "+ node alice (netns)"
  bool removes_remains = false;    // of an `up` that did not come to its end: all of it goes first
  bool starts_daemon = false;
  bool changes_switches = false;
  std::set<std::string> remove;  // nodes that go, also those that are made anew
  std::set<std::string> make;
  std::map<std::string, std::vector<std::string>> restart;  // processes of nodes that stay
  // Interfaces of nodes that stay, whose link goes.
  std::vector<std::pair<std::string, std::string>> unlinked;

  [[nodiscard]] bool is_empty() const {
    return !removes_remains && !starts_daemon && !changes_switches && remove.empty() &&
           make.empty() && restart.empty();
  }
};

// Returns what is wrong with a node that should be up: "its namespace is gone"; nullopt: nothing.
// Processes that ended are not told here.
[[nodiscard]] std::optional<std::string> fault_of(const NodeRecord& record, bool is_netns);

// 'document' is what the daemon is to run.
[[nodiscard]] WorkPlan plan_work(const LabSpec& wanted, const Json& document,
                                 const std::optional<State>& state, const std::string& directory);

}  // namespace tapswitch::lab
