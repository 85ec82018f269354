// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/work_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/name_spaces.hpp"

namespace tapswitch::lab {
namespace {

// Returns the interfaces of a node, and the type of each.
std::map<std::string, std::string> interfaces_of(const LabSpec& lab, const std::string& node,
                                                 bool has_kernel_path) {
  std::map<std::string, std::string> found;
  for (const LinkSpec& link : lab.links) {
    for (const End& end : {link.first, link.second}) {
      if (!end.is_switch() && end.name == node) {
        found.emplace(end.interface, interface_type(link, has_kernel_path));
      }
    }
  }
  return found;
}

bool has_same_names(const std::map<std::string, std::string>& one,
                    const std::map<std::string, std::string>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first; });
}

class Planner {
 public:
  Planner(const LabSpec& wanted, const Json& document, const std::optional<State>& state,
          const std::string& directory)
      : wanted_(wanted), document_(document), directory_(directory), state_(state) {}

  WorkPlan plan() {
    if (state_ && !state_->is_whole) {
      plan_.removes_remains = true;
      plan_.lines.emplace_back("- what an earlier `lab up` left unfinished");
    }
    if (plan_.removes_remains || !state_) {
      for (const auto& [name, node] : wanted_.nodes) {
        add(node);
      }
    } else {
      running_ = read_lab(state_->document, state_->name).lab;
      compare_nodes();
    }
    plan_switches();
    return std::move(plan_);
  }

 private:
  void add(const NodeSpec& node) {
    plan_.make.insert(node.name);
    plan_.lines.push_back(fmt::format("+ node {} ({})", node.name, node.kind_text()));
  }

  void compare_nodes() {
    for (const auto& [name, record] : state_->nodes) {
      if (!wanted_.nodes.contains(name)) {
        plan_.remove.insert(name);
        plan_.lines.push_back(fmt::format("- node {}", name));
      }
    }
    for (const auto& [name, node] : wanted_.nodes) {
      const auto record = state_->nodes.find(name);
      if (state_->stopped.contains(name)) {
        leave_stopped(name, record != state_->nodes.end());
      } else if (record == state_->nodes.end()) {
        add(node);
      } else if (const auto reason = why_anew(node, record->second)) {
        plan_.remove.insert(name);
        plan_.make.insert(name);
        plan_.lines.push_back(fmt::format("~ node {}: made anew, for {}", name, *reason));
      } else {
        compare_processes(node, record->second);
        compare_interfaces(node);
      }
    }
  }

  void leave_stopped(const std::string& name, bool is_on_record) {
    if (is_on_record) {
      plan_.remove.insert(name);
      plan_.lines.push_back(fmt::format("- node {}: what its stop has left", name));
    }
    plan_.lines.push_back(
        fmt::format("  node {0} is stopped: `tapctl lab start {0}` starts it", name));
  }

  std::optional<std::string> why_anew(const NodeSpec& node, const NodeRecord& record) const {
    const bool is_netns = node.has_namespace();
    if (auto fault = fault_of(record, is_netns)) {
      return fault;
    }
    const auto old = running_.nodes.find(node.name);
    if (old == running_.nodes.end() || old->second.definition != node.definition) {
      return "it is another one in the file";
    }
    const auto before = interfaces_of(running_, node.name, state_->has_kernel_path);
    const auto wanted = interfaces_of(wanted_, node.name, state_->has_kernel_path);
    if (!is_netns && !has_same_names(before, wanted)) {
      return "its links are others";
    }
    for (const auto& [name, type] : wanted) {
      const auto found = before.find(name);
      if (is_netns && found != before.end() && found->second != type) {
        return fmt::format("its {} is of another type", name);
      }
    }
    return std::nullopt;
  }

  void compare_processes(const NodeSpec& node, const NodeRecord& record) {
    const bool is_vm = node.kind == NodeSpec::Kind::vm;
    for (const auto& [name, process] : record.processes) {
      // QEMU does not come back to a switch that has gone, so it has to be started again with it.
      if (!is_running(process) || (is_vm && !is_daemon_up())) {
        plan_.restart[node.name].push_back(name);
        plan_.lines.push_back(fmt::format("~ node {}: '{}' is started again", node.name, name));
      }
    }
  }

  void compare_interfaces(const NodeSpec& node) {
    const auto wanted = interfaces_of(wanted_, node.name, state_->has_kernel_path);
    for (const auto& [interface, type] :
         interfaces_of(running_, node.name, state_->has_kernel_path)) {
      if (!wanted.contains(interface)) {
        plan_.unlinked.emplace_back(node.name, interface);
      }
    }
  }

  bool is_daemon_up() {
    if (!is_daemon_up_) {
      is_daemon_up_ = state_ && !plan_.removes_remains && state_->daemon &&
                      is_running(*state_->daemon) && daemon_answers(directory_);
    }
    return *is_daemon_up_;
  }

  void plan_switches() {
    if (is_daemon_up()) {
      for (const Json& step : difference(directory_, document_)) {
        plan_.changes_switches = true;
        plan_.lines.push_back(step.at("step").get<std::string>());
      }
      return;
    }
    plan_.starts_daemon = true;
    if (state_ && !plan_.removes_remains) {
      plan_.lines.emplace_back("~ the switches' tapswitchd is started again");
      return;
    }
    for (const config::Step& step : config::plan({}, config::read_document(document_).network)) {
      for (const config::PlanLine& line : step.lines) {
        plan_.lines.push_back(line.text);
      }
    }
  }

  const LabSpec& wanted_;
  const Json& document_;
  const std::string& directory_;
  const std::optional<State>& state_;
  LabSpec running_;
  WorkPlan plan_;
  std::optional<bool> is_daemon_up_;
};

}  // namespace

std::optional<std::string> fault_of(const NodeRecord& record, bool is_netns) {
  if (!record.is_up) {
    return "it did not come up";
  }
  if (is_netns && (!record.name_space || !exists(*record.name_space))) {
    return "its namespace is gone";
  }
  return std::nullopt;
}

WorkPlan plan_work(const LabSpec& wanted, const Json& document, const std::optional<State>& state,
                   const std::string& directory) {
  return Planner(wanted, document, state, directory).plan();
}

}  // namespace tapswitch::lab
