// SPDX-License-Identifier: Apache-2.0
// open_end.hpp: the far end of a port that is open, as far as the network has to do with it besides
// frames: it is changed, set aside, handed over, and guests come in by it. Each kind of port has
// its own in kinds/; what a kind does not say is as here.
//
// An end refers to its port and goes before it. Threads: the control thread.
#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/far_end.hpp"
#include "control/rpc/json.hpp"
#include "switch/forwarding/port_rule.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::network {

// A guest has come in by a port, and is to be a port itself.
struct Guest {
  std::unique_ptr<Port> port;
  std::uint32_t number = 0;  // by which it is told from the others of its door
  std::string description;
};

// A successor is told this of an end. The descriptors stay the end's.
struct HandedEnd {
  Json words;
  std::vector<int> descriptors;
};

// How an end was, so that it, or another in its place, can be made so again.
struct EndMemory {
  config::FarEnd far_end;     // to be opened
  std::any state = {};        // what else there is, as its kind has it
  bool has_all_of_it = true;  // false: the kernel did not tell
};

// An end that was set aside leaves this to the next one at its place.
struct EndEstate {
  bool is_there = false;  // else there is nothing
  bool is_kept = false;   // whoever has it open
  std::vector<std::string> addresses = {};
};

// A descriptor that somebody has passed to us tells this by itself; it is to be the far end of a
// port.
struct PassedEnd {
  Json members = Json::object();        // of the port
  std::vector<std::string> told_by_it;  // members of the port that nobody else may say
  std::string interface = {};           // to which it leads; empty: to none that can be seen
  UniqueFd name_space = {};             // of that
};

struct OpenedPort;

class OpenEnd {
 public:
  OpenEnd() = default;
  OpenEnd(const OpenEnd&) = delete;
  OpenEnd& operator=(const OpenEnd&) = delete;
  virtual ~OpenEnd() = default;

  // Throws rpc::Error if the members 'named' cannot be as in 'wanted', as far as can be known
  // without asking the kernel.
  virtual void check_change(const config::FarEnd& /*wanted*/,
                            const config::FarEndChange& /*named*/) const {}
  // Makes them so, all or none. Throws rpc::Error with what the kernel refuses.
  virtual void change(const config::FarEnd& /*wanted*/, const config::FarEndChange& /*named*/) {}

  // Plugs it in, or unplugs it so that it has no carrier; where it is so already, does it again if
  // somebody else may have undone it. Of a kind that has_plug(). Throws rpc::Error with what the
  // kernel refuses.
  virtual void set_plugged(bool /*is_plugged*/) {}

  // The rule of its port is this from now on.
  virtual void follow_rule(const PortRule& /*rule*/) {}

  // Returns what there is to tell of a tunnel's other ends; null: it is none.
  [[nodiscard]] virtual Json describe_tunnel() const { return {}; }

  // Returns how it is, where 'far_end' is what its user says of it.
  [[nodiscard]] virtual EndMemory remember(const config::FarEnd& far_end) const {
    return {.far_end = far_end};
  }
  // Makes it as it was. Throws rpc::Error with what could not be done.
  virtual void restore(const EndMemory& /*memory*/) {}

  // Takes back all that its opening and changes since have done, when it has just been opened.
  // Requires: no worker knows the port. Afterwards it is good for nothing but to be destroyed.
  [[nodiscard]] virtual KernelResult<void> put_back() { return {}; }

  // Returns what it leaves to the one that takes its place; 'own' is what the user says of it.
  // Requires: the port is off its switch.
  [[nodiscard]] virtual EndEstate leave(const config::FarEnd& /*own*/) const { return {}; }
  // Whether the port is to be closed, so that 'next' can be opened; which then finds at the place
  // what it can use.
  [[nodiscard]] virtual bool makes_way(const config::FarEnd& /*own*/,
                                       const config::FarEnd& /*next*/) {
    return true;
  }
  // Takes what the one before it has left. Throws rpc::Error with what the kernel refuses.
  virtual void settle(const config::FarEnd& /*own*/, const EndEstate& /*estate*/) {}

  // Returns what a successor needs; nullopt: the end can only be this process's.
  [[nodiscard]] virtual std::optional<HandedEnd> hand_over() const { return std::nullopt; }

  // Says whether the end is left to another process that has it too: then nothing of it that
  // outlives a process goes with this one. An end that was inherited is left until this is called.
  virtual void leave_to_other(bool /*is_left*/) {}

  // Opens the port at its other end, if that is to be one of ours. Requires: it is not open.
  [[nodiscard]] virtual std::optional<OpenedPort> open_opposite() const;

  // Whether others come in by it, each as a port of its own, and no frame does.
  [[nodiscard]] virtual bool is_door() const { return false; }
  // A descriptor that is readable when answer() has something to do; -1: never. Constant.
  [[nodiscard]] virtual int bell() const { return -1; }
  virtual void answer() {}
  // One who has come in and is not taken yet.
  [[nodiscard]] virtual std::optional<Guest> take_guest() { return std::nullopt; }
};

struct OpenedPort {
  std::unique_ptr<Port> port;
  std::unique_ptr<OpenEnd> end = std::make_unique<OpenEnd>();  // of 'port'
  std::vector<std::string> remarks = {};                       // what the port's user should know
  // Which offloads the kernel lets an end have that may have all that it knows; nullopt: not asked.
  std::optional<OffloadSet> granted = {};
  std::string refusal =
      {};  // why this stands in the place of a port that is lost; empty: it does not
};

inline std::optional<OpenedPort> OpenEnd::open_opposite() const { return std::nullopt; }

}  // namespace tapswitch::network
