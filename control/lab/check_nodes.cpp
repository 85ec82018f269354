// SPDX-License-Identifier: Apache-2.0
#include "control/lab/check_nodes.hpp"

#include <algorithm>
#include <cstddef>
#include <regex>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/rpc/closest_names.hpp"

namespace tapswitch::lab {
namespace {

// The programs without which there is no uplink, and the packages of Debian that bring them.
constexpr std::pair<const char*, const char*> programs_of_uplinks[] = {
    {"pasta", "passt"}, {"nft", "nftables"}, {"dnsmasq", "dnsmasq-base"}, {"ip", "iproute2"}};

// Words that the shell itself understands, and what begins a longer sentence.
bool is_of_the_shell(const std::string& word) {
  static const std::set<std::string> words = {
      "!",       ".",        ":",      "[",     "alias", "break", "case",   "cd",
      "command", "continue", "echo",   "eval",  "exec",  "exit",  "export", "false",
      "for",     "getopts",  "hash",   "if",    "kill",  "local", "printf", "pwd",
      "read",    "readonly", "return", "set",   "shift", "test",  "times",  "trap",
      "true",    "type",     "ulimit", "umask", "unset", "until", "wait",   "while"};
  return words.contains(word);
}

// The program that a shell command begins with, where that can be told without being a shell.
std::string first_program(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
  const std::size_t end = std::min(text.find_first_of(" \t\n;&|<>", begin), text.size());
  const std::string word = text.substr(begin, end - begin);
  const bool is_plain = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+-/").find(c) != std::string_view::npos;
  });
  return is_plain && !is_of_the_shell(word) ? word : "";
}

class NodeChecker {
 public:
  NodeChecker(const LabSpec& lab, const std::set<std::string>& named, config::Mistakes& mistakes,
              std::vector<Need>& needs)
      : lab_(lab), named_(named), mistakes_(mistakes), needs_(needs) {}

  void check() {
    for (const auto& [name, node] : lab_.nodes) {
      at_ = "/nodes/" + name;
      check_order(node);
      switch (node.kind) {
        case NodeSpec::Kind::vm:
          check_machine(node);
          break;
        case NodeSpec::Kind::netns:
          check_commands(node);
          break;
        case NodeSpec::Kind::nat:
          for (const auto& [program, package] : programs_of_uplinks) {
            need_program(program, "", package);
          }
          break;
      }
    }
  }

 private:
  void check_order(const NodeSpec& node) {
    for (std::size_t i = 0; i < node.after.size(); ++i) {
      const std::string pointer = fmt::format("{}/after/{}", at_, i);
      const std::string& other = node.after[i];
      if (!named_.contains(other)) {
        mistakes_.add(pointer,
                      fmt::format("there is no node '{}'{}", other,
                                  suggestion(other, {named_.begin(), named_.end()})),
                      "a node of this file");
      } else if (std::set<std::string> seen; leads_to(other, node.name, seen)) {
        mistakes_.add(pointer, fmt::format("'{}' waits for '{}' itself", other, node.name),
                      "nodes that do not wait for one another");
      }
    }
  }

  // Whether 'from' waits for 'wanted', or is it.
  bool leads_to(const std::string& from, const std::string& wanted,
                std::set<std::string>& seen) const {
    const auto node = lab_.nodes.find(from);
    if (from == wanted || node == lab_.nodes.end() || !seen.insert(from).second) {
      return from == wanted;
    }
    return std::any_of(node->second.after.begin(), node->second.after.end(),
                       [&](const std::string& next) { return leads_to(next, wanted, seen); });
  }

  void check_machine(const NodeSpec& node) {
    const Machine& machine = node.machine;
    if (machine.kernel.empty() && machine.disk.empty()) {
      mistakes_.add(at_, "has nothing to boot", "a \"kernel\", a \"disk\" or both");
    }
    if (machine.kernel.empty() && node.definition.contains("initrd")) {
      mistakes_.add(at_ + "/initrd", "is for a kernel, and there is none", "a \"kernel\" too");
    }
    if (machine.kernel.empty() && node.definition.contains("append")) {
      mistakes_.add(at_ + "/append", "is for a kernel, and there is none", "a \"kernel\" too");
    }
    need_file(machine.kernel, "/kernel");
    need_file(machine.initrd, "/initrd");
    need_file(machine.disk, "/disk");
    need_program("qemu-system-x86_64", "", "qemu-system-x86");
    if (node.ready) {
      try {
        const std::regex pattern(node.ready->console);
      } catch (const std::regex_error& error) {
        mistakes_.add(at_ + "/ready/console",
                      fmt::format("is no regular expression: {}", error.what()),
                      "one of ECMAScript, as \"login:\"");
      }
    }
  }

  void check_commands(const NodeSpec& node) {
    for (std::size_t i = 0; i < node.commands.size(); ++i) {
      check_command(node.commands[i], fmt::format("/commands/{}", i));
    }
    for (const auto& [name, command] : node.processes) {
      check_command(command, "/processes/" + name);
    }
    if (node.ready) {
      check_command(node.ready->command, "/ready/command");
    }
    if (!node.routes.empty()) {
      need_program("ip", "/routes", "iproute2");
    }
  }

  void check_command(const Command& command, const std::string& pointer) {
    if (command.words.empty() || command.words.front().empty()) {
      mistakes_.add(at_ + pointer, "has no first word", "a program, and its arguments");
      return;
    }
    const bool is_of_shell = command.words.front() == "/bin/sh" && command.words.size() == 3 &&
                             command.words[2] == command.text;
    need_program(is_of_shell ? first_program(command.text) : command.words.front(), pointer);
  }

  void need_file(const std::string& path, const std::string& pointer) {
    if (!path.empty()) {
      needs_.push_back({Need::Kind::file, path, at_ + pointer});
    }
  }

  void need_program(const std::string& name, const std::string& pointer,
                    const std::string& package = {}) {
    if (!name.empty()) {
      needs_.push_back({Need::Kind::program, name, at_ + pointer, package});
    }
  }

  const LabSpec& lab_;
  const std::set<std::string>& named_;
  config::Mistakes& mistakes_;
  std::vector<Need>& needs_;
  std::string at_;
};

}  // namespace

void check_nodes(const LabSpec& lab, const std::set<std::string>& named, config::Mistakes& mistakes,
                 std::vector<Need>& needs) {
  NodeChecker(lab, named, mistakes, needs).check();
}

std::string suggestion(const std::string& wanted, const std::vector<std::string>& names) {
  const auto close = rpc::closest_names(wanted, names);
  return close.empty() ? "" : fmt::format("; did you mean '{}'?", fmt::join(close, "' or '"));
}

}  // namespace tapswitch::lab
