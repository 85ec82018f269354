// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/builder.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "control/lab/wiring.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/interrupt.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/machine.hpp"
#include "tools/lab/name_spaces.hpp"
#include "tools/lab/near_ends.hpp"
#include "tools/lab/node_ports.hpp"
#include "tools/lab/process_search.hpp"

namespace tapswitch::lab {

using std::chrono::milliseconds;

namespace {

// Nodes mostly wait: for their commands, or to become ready.
constexpr std::size_t most_at_once = 16;

std::string count(std::size_t number, const char* noun, const char* ending = "s") {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : ending);
}

void make_all_namespaces(const Site& site, const WorkPlan& plan) {
  std::vector<std::string> nodes;
  std::vector<std::string> names;
  for (const std::string& name : plan.make) {
    if (site.lab.nodes.at(name).has_namespace()) {
      nodes.push_back(name);
      names.push_back(namespace_name(site.lab.name, name));
      if (is_namespace_name_taken(names.back())) {
        throw Failure(
            fmt::format("there is a network namespace '{0}' already, and it is not this "
                        "lab's: 'ip netns del {0}' removes it",
                        names.back()));
      }
    }
  }
  if (names.empty()) {
    return;
  }
  const std::string title = count(names.size(), "namespace");
  site.progress.begin(title);
  make_namespaces(names, [&](const std::vector<NamespaceRecord>& records) {
    site.state.update([&](State& state) {
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        state.nodes[nodes[i]].name_space = records[i];
      }
    });
  });
  for (const std::string& node : nodes) {
    set_early_sysctls(site, site.lab.nodes.at(node));
  }
  site.progress.end(title, "made");
}

// A TAP that stays without its port would be a dead interface.
void remove_interface(const Site& site, const std::string& node, const std::string& interface) {
  const UniqueFd output = site.logs.open(node);
  const auto status =
      launch({.words = {"ip", "-n", namespace_name(site.lab.name, node), "link", "del", interface},
              .output = output.get(),
              .dies_with_us = true},
             [](const ProcessId&) {})
          .wait(std::chrono::seconds(10));
  if (status != 0) {
    site.progress.tell(fmt::format("node {}: {} could not be removed", node, interface));
  }
}

std::vector<ProcessId> processes_of(const std::string& directory,
                                    const std::set<std::string>& nodes) {
  const std::string socket = control_socket(directory);
  return find_processes([&](pid_t pid) {
    const auto node = variable_of(pid, "TAPSWITCH_NODE");
    return node && nodes.contains(*node) && variable_of(pid, "TAPSWITCH_SOCKET") == socket;
  });
}

// A kernel that lets programs in may know no veths, and a lab does not stay down for that.
void start_switches(const Site& site, const Json& document) {
  const State before = site.state.state();
  const auto record = [&](const ProcessId& id) {
    site.state.update([&](State& state) { state.daemon = id; });
  };
  try {
    start_daemon({site.directory, document, before.has_kernel_path}, site.logs, record);
  } catch (const Interrupted&) {
    throw;
  } catch (const Failure&) {
    if (before.is_whole || !before.has_kernel_path) {
      throw;
    }
    std::vector<NamespaceRecord> name_spaces;
    for (const auto& [name, node] : before.nodes) {
      if (node.name_space) {
        name_spaces.push_back(*node.name_space);
      }
    }
    remove_veths_to(name_spaces);
    site.state.update([](State& state) { state.has_kernel_path = false; });
    start_daemon({site.directory, wire(site.lab, site.directory).document, false}, site.logs,
                 record);
    site.progress.tell("namespaces have TAPs: with veths the switches did not start");
  }
}

void set_up_switches(const Site& site, const Json& document, const WorkPlan& plan) {
  std::size_t ports = 0;
  for (const auto& [name, home] : document["switches"].items()) {
    ports += home.value("ports", Json::object()).size();
  }
  const std::string title = fmt::format(
      "{} with {}", count(document["switches"].size(), "switch", "es"), count(ports, "port"));
  if (plan.starts_daemon) {
    site.progress.begin(title);
    start_switches(site, document);
    site.progress.end(title, "up");
  } else if (plan.changes_switches || !plan.make.empty()) {
    site.progress.begin(title);
    apply_document(site.directory, document);
    save_document(site.directory, document);
    site.progress.end(title, "changed");
  }
  for (const auto& [node, interface] : plan.unlinked) {
    remove_interface(site, node, interface);
  }
}

// Brings nodes up by several threads, each as soon as those it waits for are up. Once one fails the
// others are given up, and say what they were waiting for: the cause may be theirs.
class Crew {
 public:
  Crew(const Site& site, const std::set<std::string>& nodes) : site_(site), waiting_(nodes) {}

  void work() {
    // Counted beforehand: the first thread takes from those who wait as soon as it is there.
    const std::size_t size = std::min(most_at_once, waiting_.size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < size; ++i) {
        threads.emplace_back([this] { take_turns(); });
      }
    }
    if (!failures_.empty()) {
      std::string text;
      for (const std::string& failure : failures_) {
        text += (text.empty() ? "" : "\n") + failure;
      }
      throw Failure(text);
    }
    throw_if_interrupted();
  }

 private:
  void take_turns() {
    std::unique_lock lock(mutex_);
    while (failures_.empty() && !is_interrupted() && !waiting_.empty()) {
      const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                     [&](const std::string& each) { return may_start(each); });
      if (next == waiting_.end()) {
        // Circles were refused, so one of those under way will let another start.
        changed_.wait_for(lock, milliseconds(100));
        continue;
      }
      const std::string name = std::move(waiting_.extract(next).value());
      under_way_.insert(name);
      lock.unlock();
      std::string failure;
      try {
        start_node(site_, site_.lab.nodes.at(name), given_up_.get_token());
      } catch (const Interrupted&) {
        // The failure is told once, by whoever waits for all of us.
      } catch (const std::exception& error) {
        failure = error.what();
      }
      lock.lock();
      under_way_.erase(name);
      if (!failure.empty()) {
        failures_.push_back(failure);
        given_up_.request_stop();
      }
      changed_.notify_all();
    }
  }

  bool may_start(const std::string& name) const {
    const auto& after = site_.lab.nodes.at(name).after;
    return std::none_of(after.begin(), after.end(), [&](const std::string& each) {
      return waiting_.contains(each) || under_way_.contains(each);
    });
  }

  const Site& site_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> waiting_;
  std::set<std::string> under_way_;
  std::vector<std::string> failures_;
  std::stop_source given_up_;
};

}  // namespace

void build(const Site& site, const Json& document, const WorkPlan& plan) {
  // A port whose namespace has gone does not come back by itself, so it goes before it comes.
  if (!plan.starts_daemon && !(plan.remove.empty() && plan.make.empty())) {
    apply_document(site.directory, without_ports_of(site.lab, document, plan.make));
  }
  remove_nodes(site.state, plan.remove);
  make_all_namespaces(site, plan);
  throw_if_interrupted();
  set_up_switches(site, document, plan);
  throw_if_interrupted();
  Crew(site, plan.make).work();
  for (const auto& [node, processes] : plan.restart) {
    restart_processes(site, site.lab.nodes.at(node), processes);
  }
  site.started.settle();
}

void remove_nodes(StateFile& state, const std::set<std::string>& nodes) {
  std::vector<ProcessId> processes;
  std::vector<NamespaceRecord> name_spaces;
  const State before = state.state();
  for (const auto& [name, record] : before.nodes) {
    if (nodes.contains(name)) {
      for (const auto& [process, id] : record.processes) {
        processes.push_back(id);
      }
      if (record.name_space) {
        name_spaces.push_back(*record.name_space);
      }
    }
  }
  end(processes, grace);
  // Ends what these have started, wherever it is now: a shell that was killed leaves its children,
  // and a namespace without a name is not looked into.
  end_all([&] { return processes_of(state.directory(), nodes); }, grace);
  remove_namespaces(name_spaces, grace);
  state.forget([&](State& each) {
    for (const std::string& name : nodes) {
      each.nodes.erase(name);
    }
  });
}

void remove_all(StateFile& file, Progress& progress) {
  const State state = file.state();
  const std::string title = "lab " + state.name;
  progress.begin(title);
  if (state.daemon) {
    end({*state.daemon}, grace);
  }
  std::set<std::string> nodes;
  for (const auto& [name, record] : state.nodes) {
    nodes.insert(name);
  }
  remove_nodes(file, nodes);
  progress.end(title, "down");
}

}  // namespace tapswitch::lab
