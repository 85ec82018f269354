// SPDX-License-Identifier: Apache-2.0
// process.hpp: processes that outlive us, known again by pid and start time, so that one which has
// got the pid of another is never taken for it.
//
// Theory of operation: a child is held back until its identity has been recorded, and if we die
// meanwhile it goes too; so nothing runs that is not on record. What became of its execution comes
// back through a pipe that a successful one closes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::lab {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start = 0;  // ticks since the machine booted

  bool operator==(const ProcessId&) const = default;
};

// Nullopt if there is no such process, or what is left of one.
[[nodiscard]] std::optional<ProcessId> identify(pid_t pid);
[[nodiscard]] bool is_running(const ProcessId& process);

// A descriptor that stands for the process, whatever becomes of its pid; not open if there is none.
[[nodiscard]] UniqueFd open_process(pid_t pid);

struct Launch {
  std::vector<std::string> words;  // the first is a path, or is found in PATH
  int name_space = -1;             // a network namespace to be in; -1: ours
  int output = -1;                 // where stdout and stderr go; -1: nowhere
  int third = -1;                  // what is to be descriptor 3; -1: none
  std::string directory = {};      // to start in; empty: ours
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  bool dies_with_us = false;
  std::string resolver =
      {};  // a file that is /etc/resolv.conf for it, in 'name_space'; empty: none
};

class Child {
 public:
  Child(ProcessId id, UniqueFd descriptor) : id_(id), descriptor_(std::move(descriptor)) {}

  [[nodiscard]] const ProcessId& id() const { return id_; }

  // Waits for its end, 'most' at longest: the exit status as a shell has it (128 + signal). Throws
  // Interrupted when somebody wants an end of everything.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds most);

  void kill();

 private:
  ProcessId id_;
  UniqueFd descriptor_;
  std::optional<int> status_;
};

// 'record' is told who it will be, before it is. Throws Failure.
Child launch(const Launch& launch, const std::function<void(const ProcessId&)>& record);

// Makes the calling process one of 'name_space', as `ip netns exec` does: with a /sys that shows
// the interfaces of that namespace, and, if there is one, 'resolver' for /etc/resolv.conf. False,
// with errno, if it cannot.
bool enter_net_namespace(int name_space, const std::string& resolver = {});

// How long a process may take to end before it is made to.
constexpr std::chrono::milliseconds grace{3000};

// Asks all of them to end, and after 'patience' makes them.
void end(const std::vector<ProcessId>& processes, std::chrono::milliseconds patience);

// The full path of 'program', which may be in PATH; nullopt if it is not to be found.
[[nodiscard]] std::optional<std::string> find_program(const std::string& program);

}  // namespace tapswitch::lab
