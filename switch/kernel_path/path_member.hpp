// SPDX-License-Identifier: Apache-2.0
// path_member.hpp: a port as the kernel path has it: its programs at the interface, its words in
// the maps, and why it is off the path if it is.
//
// Theory of operation: the programs are there for as long as the port is; whether frames go by the
// path is up to its words alone. While it is off the path they only say where its queue is, so that
// what is left to its socket is marked and counted all the same (path_order.h).
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "switch/kernel_path/path_hook.hpp"
#include "switch/kernel_path/path_program.hpp"
#include "switch/kernel_path/path_queues.hpp"
#include "switch/kernel_path/path_tables.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

// All members share these.
struct PathTools {
  PathProgram program;
  PathTables tables;
  PathQueues queues;
  RouteSocket routes;
};

class PathMember {
 public:
  // 'place' is that of its counters and its queue, for as long as it lives. 'tools' must outlive
  // it.
  PathMember(PathTools& tools, std::uint32_t switch_number, PortIndex index, std::uint32_t place);
  PathMember(const PathMember&) = delete;
  PathMember& operator=(const PathMember&) = delete;
  // Requires: release() was called, or no port was taken.
  ~PathMember() = default;

  // Has its programs at the interface of 'port', as far as they can be there. Another port that was
  // taken before must be open still.
  void take(Port& port);
  // Takes the programs away, until take().
  void release();
  [[nodiscard]] bool is_taken() const { return is_taken_; }

  // From now on its frames go by the path, by the rule and the rest that 'words' say; as far as
  // there is room. Requires: is_taken().
  void bring(const path_port& words);
  // Leaves its frames to the workers.
  void take_off(std::string reason);
  [[nodiscard]] bool is_on() const { return is_on_; }
  // Why it is not on the path.
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // Looks whether the programs are still there, and whether anything else about the interface has
  // changed of which nobody tells.
  void check();

  [[nodiscard]] std::uint32_t place() const { return words_.counters; }

 private:
  void attach();
  void write();
  void leave(std::string reason);
  [[nodiscard]] bool look();
  [[nodiscard]] int interface() const { return static_cast<int>(words_.ifindex); }

  PathTools& tools_;
  Port* port_ = nullptr;
  int socket_ = -1;
  bool is_near_end_ = false;
  PathHook hook_;
  bool is_taken_ = false;
  bool is_on_ = false;
  std::string reason_;
  path_port words_{};                // of generation 0 while it is off the path
  std::optional<path_port> wanted_;  // nullopt: it is to be off the path
};

}  // namespace tapswitch
