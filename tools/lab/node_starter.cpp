// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/node_starter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/lab/route.hpp"
#include "control/lab/sysctl.hpp"
#include "control/lab/wiring.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/interrupt.hpp"
#include "tools/lab/kept_log.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/machine.hpp"
#include "tools/lab/process_search.hpp"
#include "tools/lab/uplink.hpp"

namespace tapswitch::lab {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds ready_interval{50};

UniqueFd open_namespace(const Site& site, const NodeSpec& node) {
  auto opened = NetNamespaceRef("/run/netns/" + namespace_name(site.lab.name, node.name)).open();
  if (!opened) {
    throw Failure(fmt::format("{}: {}", title_of(node), opened.error().message()));
  }
  return std::move(*opened);
}

// errno of setting 'name' in the namespace of the calling thread; 0 if it is done.
int write_sysctl(const std::string& name, const std::string& value) {
  const UniqueFd file(::open(("/proc/sys/" + sysctl_path(name)).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return errno;
  }
  const auto written = ::write(file.get(), value.data(), value.size());
  return written == static_cast<ssize_t>(value.size()) ? 0 : errno;
}

// With 'is_early', those that there are not yet are left for later.
void set_sysctls(const Site& site, const NodeSpec& node, bool is_early) {
  if (node.sysctls.empty()) {
    return;
  }
  const UniqueFd name_space = open_namespace(site, node);
  std::string refused;
  const auto entered = run_in_thread(name_space.get(), [&] {
    for (const auto& [name, value] : node.sysctls) {
      const int number = write_sysctl(name, value);
      if (number != 0 && !(is_early && number == ENOENT)) {
        refused += fmt::format("{}cannot set {} to {}: {}", refused.empty() ? "" : "; ", name,
                               value, std::strerror(number));
      }
    }
  });
  if (!entered) {
    refused = entered.error().message();
  }
  if (!refused.empty()) {
    throw Failure(fmt::format("{}: {}", title_of(node), refused));
  }
}

// One node on its way up.
class Starter {
 public:
  Starter(const Site& site, const NodeSpec& node, std::stop_token given_up = {})
      : site_(site),
        node_(node),
        given_up_(std::move(given_up)),
        title_(title_of(node)),
        resolver_(resolver_file(site.directory, node)),
        output_(site.logs.open(node.name)) {
    if (node.has_namespace()) {
      name_space_ = open_namespace(site, node);
    }
  }

  void start() {
    if (node_.kind == NodeSpec::Kind::netns) {
      set_sysctls(site_, node_, false);
      for (const std::string& route : node_.routes) {
        Command command{.words = {"ip", "route", "add"}, .text = "ip route add " + route};
        const auto words = route_words(route);
        command.words.insert(command.words.end(), words.begin(), words.end());
        run(command);
      }
      for (const Command& command : node_.commands) {
        run(command);
      }
      for (const auto& [name, command] : node_.processes) {
        start_process(name);
      }
    } else if (node_.kind == NodeSpec::Kind::nat) {
      start_uplink();
    } else {
      start_process("qemu");
    }
    if (node_.ready) {
      await_readiness(*node_.ready);
    }
    complain_about_the_dead();
  }

  void restart(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      end_what_is_left_of(name);
      start_process(name);
    }
    if (node_.ready) {
      await_readiness(*node_.ready);
    }
    complain_about_the_dead();
  }

 private:
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"TAPSWITCH_LAB", site_.lab.name},
            {"TAPSWITCH_NODE", node_.name},
            {"TAPSWITCH_SOCKET", control_socket(site_.directory)}};
  }

  void start_uplink() {
    set_sysctls(site_, node_, false);
    write_resolver(site_.directory, node_);
    run(address_translation(node_.uplink));
    for (const char* process : uplink_processes) {
      start_process(process);
    }
  }

  [[nodiscard]] std::vector<std::string> words_of(const std::string& process) {
    switch (node_.kind) {
      case NodeSpec::Kind::vm:
        return machine_words(site_.lab, node_, site_.directory);
      case NodeSpec::Kind::nat:
        return uplink_words({.lab = site_.lab,
                             .node = node_,
                             .directory = site_.directory,
                             .is_rootless = site_.state.state().keeper.has_value()},
                            process, site_.outside);
      case NodeSpec::Kind::netns:
        break;
    }
    return node_.processes.at(process).words;
  }

  void start_process(const std::string& name) {
    site_.progress.change(title_, name);
    const bool is_vm = node_.kind == NodeSpec::Kind::vm;
    const std::string log = log_of(name);
    const UniqueFd output = site_.logs.open(log);
    const UniqueFd console = is_vm ? site_.logs.open(console_log(node_.name)) : UniqueFd();
    // A log goes on where it ended the last time.
    offsets_[log] = site_.logs.size(log);
    if (is_vm) {
      offsets_[console_log(node_.name)] = site_.logs.size(console_log(node_.name));
    }
    auto variables = environment();
    variables.emplace_back("TAPSWITCH_PROCESS", name);
    const auto record = [&](const ProcessId& id) {
      site_.state.update([&](State& state) { state.nodes[node_.name].processes[name] = id; });
    };
    Launch wanted{.words = words_of(name),
                  .name_space = name_space_.get(),
                  .output = output.get(),
                  .third = console.get(),
                  .directory = site_.files_from,
                  .environment = variables,
                  .resolver = resolver_};
    const auto start = [&] {
      site_.started.add({.title = title_,
                         .name = name,
                         .log = log,
                         .offset = offsets_[log],
                         .child = launch(wanted, record)});
    };
    if (node_.kind == NodeSpec::Kind::nat && is_outside(name)) {
      wanted.name_space = -1;
      site_.outside.run(start);
    } else {
      start();
    }
  }

  // A text is the shell's, and what is on record is the shell alone: when it was killed, those that
  // it had started go on.
  void end_what_is_left_of(const std::string& name) {
    const State before = site_.state.state();
    if (const auto node = before.nodes.find(node_.name); node != before.nodes.end()) {
      if (const auto found = node->second.processes.find(name);
          found != node->second.processes.end()) {
        end({found->second}, grace);
      }
    }
    end_all(
        [&] {
          return processes_with({{"TAPSWITCH_SOCKET", control_socket(site_.directory)},
                                 {"TAPSWITCH_NODE", node_.name},
                                 {"TAPSWITCH_PROCESS", name}});
        },
        grace);
  }

  [[nodiscard]] std::string log_of(const std::string& process) const {
    return node_.name + '.' + process;
  }

  [[noreturn]] void fail(const std::string& what, const std::string& log, std::size_t offset) {
    throw Failure(fmt::format("{}: {}; its last lines:\n{}", title_, what,
                              site_.logs.last_lines(log, offset)));
  }

  [[nodiscard]] Child begin(const Command& command) {
    return launch({.words = command.words,
                   .name_space = name_space_.get(),
                   .output = output_.get(),
                   .directory = site_.files_from,
                   .environment = environment(),
                   .dies_with_us = true,
                   .resolver = resolver_},
                  [](const ProcessId&) {});
  }

  void run(const Command& command) {
    site_.progress.change(title_, command.text);
    const std::size_t offset = site_.logs.size(node_.name);
    const auto status = outcome(begin(command), Clock::time_point::max());
    if (!status) {
      fail(fmt::format("was still at '{}'", command.text), node_.name, offset);
    }
    if (status != 0) {
      fail(fmt::format("'{}' exited with {}", command.text, *status), node_.name, offset);
    }
  }

  // The exit status; nullopt if it has not ended by 'end', or all is given up. It is gone then.
  std::optional<int> outcome(Child child, Clock::time_point end) {
    try {
      std::optional<int> status;
      do {
        status = child.wait(ready_interval);
      } while (!status && Clock::now() < end && !given_up_.stop_requested());
      if (!status) {
        child.kill();
      }
      return status;
    } catch (const Interrupted&) {
      child.kill();
      throw;
    }
  }

  void await_readiness(const Readiness& ready) {
    site_.progress.change(title_, "waiting until it is ready");
    const auto end = Clock::now() + ready.timeout;
    const std::size_t offset = site_.logs.size(node_.name);
    while (!is_ready(ready, end)) {
      complain_about_the_dead();
      const bool is_late = Clock::now() >= end;
      if (is_late || given_up_.stop_requested()) {
        complain_of_waiting(is_late ? fmt::format("is not ready within {} s", ready.timeout.count())
                                    : "was not ready yet",
                            ready, offset);
      }
      std::this_thread::sleep_for(ready_interval);
      throw_if_interrupted();
    }
  }

  // A machine that has said nothing on its console may not have begun: then QEMU is asked.
  [[noreturn]] void complain_of_waiting(const std::string& what, const Readiness& ready,
                                        std::size_t offset) {
    if (node_.has_namespace()) {
      fail(fmt::format("{}: '{}' does not succeed", what, ready.command.text), node_.name, offset);
    }
    const std::string console = console_log(node_.name);
    const bool is_silent = site_.logs.size(console) <= offsets_[console];
    const std::string log = is_silent ? log_of("qemu") : console;
    fail(fmt::format("{}: nothing on its console matches '{}'{}", what, ready.console,
                     is_silent ? ": it is empty" : ""),
         log, offsets_[log]);
  }

  bool is_ready(const Readiness& ready, Clock::time_point end) {
    if (node_.kind == NodeSpec::Kind::vm) {
      const std::string log = console_log(node_.name);
      std::istringstream console(read_log(logs_directory(site_.directory), log, offsets_[log]));
      const std::regex pattern(ready.console);
      for (std::string line; std::getline(console, line);) {
        if (std::regex_search(line, pattern)) {
          return true;
        }
      }
      return false;
    }
    return outcome(begin(ready.command), end) == 0;
  }

  void complain_about_the_dead() { site_.started.complain_of(title_); }

  const Site& site_;
  const NodeSpec& node_;
  std::stop_token given_up_;
  std::string title_;
  std::string resolver_;
  UniqueFd output_;  // of commands
  UniqueFd name_space_;
  std::map<std::string, std::size_t> offsets_;  // by log: where that of this start begins
};

}  // namespace

std::string title_of(const NodeSpec& node) { return "node " + node.name; }

void set_early_sysctls(const Site& site, const NodeSpec& node) { set_sysctls(site, node, true); }

void start_node(const Site& site, const NodeSpec& node, const std::stop_token& given_up) {
  site.progress.begin(title_of(node));
  try {
    Starter(site, node, given_up).start();
  } catch (...) {
    site.progress.forget(title_of(node));
    throw;
  }
  site.state.update([&](State& state) {
    NodeRecord& record = state.nodes[node.name];
    record.is_up = true;
    record.since = std::time(nullptr);
  });
  site.progress.end(title_of(node), node.ready ? "ready" : "up");
}

void restart_processes(const Site& site, const NodeSpec& node,
                       const std::vector<std::string>& processes) {
  const std::string title = fmt::format("{} {}", title_of(node), fmt::join(processes, ", "));
  site.progress.begin(title);
  try {
    Starter(site, node).restart(processes);
  } catch (...) {
    site.progress.forget(title);
    throw;
  }
  if (node.kind == NodeSpec::Kind::vm) {
    // The process is all of the machine.
    site.state.update([&](State& state) { state.nodes[node.name].since = std::time(nullptr); });
  }
  site.progress.end(title, node.ready ? "ready again" : "started again");
}

}  // namespace tapswitch::lab
