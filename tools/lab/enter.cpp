// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/enter.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/lab/check_nodes.hpp"
#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "switch/system/net_namespace.hpp"
#include "tools/lab/console.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/guard.hpp"
#include "tools/lab/keeper.hpp"
#include "tools/lab/kept_log.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/machine.hpp"
#include "tools/lab/selection.hpp"
#include "tools/lab/uplink.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

NodeSpec find_node(const FoundLab& lab, const std::string& name) {
  const LabSpec spec = read_lab(lab.state.document, lab.name).lab;
  const auto found = spec.nodes.find(name);
  if (found == spec.nodes.end()) {
    std::vector<std::string> names;
    for (const auto& [each, node] : spec.nodes) {
      names.push_back(each);
    }
    throw Failure(
        fmt::format("the lab '{}' has no node '{}'{}", lab.name, name, suggestion(name, names)));
  }
  return found->second;
}

void refuse_stopped(const FoundLab& lab, const std::string& node) {
  if (lab.state.stopped.contains(node)) {
    throw Failure(fmt::format("node {0} is stopped: `tapctl lab start {0}` starts it", node));
  }
}

// Becomes the command, in the node. Returns only by a throw.
[[noreturn]] void become(const FoundLab& lab, const NodeSpec& node,
                         std::vector<std::string> command) {
  const auto name_space =
      NetNamespaceRef("/run/netns/" + namespace_name(lab.name, node.name)).open();
  if (!name_space) {
    throw Failure(name_space.error().message());
  }
  const auto program = find_program(command.front());
  if (!program) {
    throw Failure(fmt::format("there is no program '{}'", command.front()));
  }
  if (!enter_net_namespace(name_space->get(), resolver_file(lab.directory, node))) {
    throw Failure(fmt::format("cannot enter node {}: {}", node.name, std::strerror(errno)));
  }
  ::setenv("TAPSWITCH_LAB", lab.name.c_str(), 1);
  ::setenv("TAPSWITCH_NODE", node.name.c_str(), 1);
  ::setenv("TAPSWITCH_SOCKET", control_socket(lab.directory).c_str(), 1);
  std::vector<char*> words;
  for (std::string& word : command) {
    words.push_back(word.data());
  }
  words.push_back(nullptr);
  std::signal(SIGXFSZ, SIG_DFL);  // tapctl ignores it; others shall not
  ::execv(program->c_str(), words.data());
  throw Failure(fmt::format("cannot run '{}': {}", command.front(), std::strerror(errno)));
}

int enter(const Words& words, const std::vector<std::string>& command) {
  const FoundLab lab = find_lab(words.value("lab"));
  const NodeSpec node = find_node(lab, words.words.front());
  if (node.kind == NodeSpec::Kind::vm) {
    throw Failure(fmt::format("{0} is a virtual machine: 'tapctl lab console {0}' is its console",
                              node.name));
  }
  refuse_stopped(lab, node.name);
  if (!lab.state.keeper) {
    become(lab, node, command);
  }
  return run_inside(*lab.state.keeper, [&](Outside&) {
    return run_guarded([&]() -> int { become(lab, node, command); });
  });
}

void print_log(const FoundLab& lab, const std::string& name, const std::string& title) {
  std::istringstream file(read_log(logs_directory(lab.directory), name));
  if (!title.empty()) {
    std::fputs(fmt::format("==> {} <==\n", title).c_str(), stdout);
  }
  for (std::string line; std::getline(file, line);) {
    // A console ends its lines as a typewriter does.
    line.erase(line.find_last_not_of('\r') + 1);
    std::puts(tapctl::printable(line).c_str());
  }
}

}  // namespace

int exec(const Words& words) { return enter(words, words.command); }

int shell(const Words& words) {
  const char* shell = std::getenv("SHELL");
  const std::string program = shell != nullptr && find_program(shell) ? shell : "/bin/sh";
  std::fputs(fmt::format("node {}: 'exit' leaves it\n", words.words.front()).c_str(), stderr);
  return enter(words, {program});
}

int console(const Words& words) {
  const FoundLab lab = find_lab(words.value("lab"));
  const NodeSpec node = find_node(lab, words.words.front());
  if (node.kind != NodeSpec::Kind::vm) {
    throw Failure(
        fmt::format("{0} is no virtual machine: 'tapctl lab shell {0}' leads into it", node.name));
  }
  refuse_stopped(lab, node.name);
  return attach_console(console_socket(lab.directory, node.name));
}

int log(const Words& words) {
  const FoundLab lab = find_lab(words.value("lab"));
  if (words.words.empty()) {
    print_log(lab, "tapswitchd", "");
    return 0;
  }
  const NodeSpec node = find_node(lab, words.words.front());
  std::vector<std::string> files = {node.name};
  for (const auto& [name, command] : node.processes) {
    files.push_back(node.name + '.' + name);
  }
  if (node.kind == NodeSpec::Kind::vm) {
    files = {node.name + ".qemu", node.name + ".console"};
  }
  if (node.kind == NodeSpec::Kind::nat) {
    for (const char* process : uplink_processes) {
      files.push_back(node.name + '.' + process);
    }
  }
  for (const std::string& file : files) {
    if (log_size(logs_directory(lab.directory), file) > 0) {
      print_log(lab, file, file);
    }
  }
  return 0;
}

}  // namespace tapswitch::lab
