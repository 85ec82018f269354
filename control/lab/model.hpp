// SPDX-License-Identifier: Apache-2.0
// model.hpp: a lab as plain values: what a lab file says. What runs of it is not part of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/lab/uplink.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

constexpr std::size_t most_nodes = 1000;
constexpr std::size_t most_links = 4000;

// Written as a text it is the shell's; written as words it is executed as it stands.
struct Command {
  std::vector<std::string> words;
  std::string text;  // as a person would type it
};

// An interface of a node. A virtual machine configures its own: of it only 'mac' is said here.
struct InterfaceSpec {
  std::optional<std::string> mac;
  std::optional<std::uint32_t> mtu;
  std::vector<std::string> addresses;  // "10.0.0.1/24"
};

// When a node counts as up: a command that exits with 0, or a text on the console.
struct Readiness {
  static constexpr std::chrono::seconds default_timeout{30};

  Command command;
  std::string console;
  std::chrono::seconds timeout = default_timeout;
};

struct Machine {
  static constexpr unsigned default_memory_mib = 256;

  std::string kernel;  // paths; empty: none
  std::string initrd;
  std::string disk;
  bool keeps_changes = false;  // of the disk; else what the machine writes is gone with it
  std::string append;
  unsigned memory_mib = default_memory_mib;
  unsigned cpus = 1;
  std::string accelerator = "auto";
  std::vector<std::string> arguments;
};

struct NodeSpec {
  enum class Kind : std::uint8_t { netns, vm, nat };

  std::string name;
  Kind kind = Kind::netns;
  std::vector<std::string> after;  // nodes that must be ready before this one starts
  std::map<std::string, InterfaceSpec> interfaces;
  std::map<std::string, std::string> sysctls;
  std::vector<std::string> routes;  // "default via 10.0.0.254"
  std::vector<Command> commands;
  std::map<std::string, Command> processes;
  std::optional<Readiness> ready;
  Machine machine;
  UplinkSpec uplink;     // of a node of kind nat
  std::string resolver;  // the uplink whose DNS is asked in a namespace; empty: the machine's
  // As the file has it but for its interfaces: a node whose definition differs is made anew.
  Json definition = Json::object();

  // Whether it is a network namespace; else it is a machine of its own.
  [[nodiscard]] bool has_namespace() const { return kind != Kind::vm; }

  // Returns its kind as files and people say it.
  [[nodiscard]] const char* kind_text() const {
    return kind == Kind::netns ? "netns" : kind == Kind::vm ? "vm" : "nat";
  }
};

// One side of a link: an interface of a node, or a switch.
struct End {
  std::string name;       // of the node or switch
  std::string interface;  // empty: it is a switch

  [[nodiscard]] bool is_switch() const { return interface.empty(); }
  [[nodiscard]] std::string text() const { return is_switch() ? name : name + ':' + interface; }

  bool operator==(const End&) const = default;
};

struct LinkSpec {
  End first;
  End second;
  Json port = Json::object();  // the members of the ports that it makes
  Json conditions = nullptr;   // as the file has them; see link_conditions.hpp
};

struct LabSpec {
  std::string name;
  Json switches = Json::object();  // as in the configuration document
  Json sflow = {};                 // likewise; null: none
  std::map<std::string, NodeSpec> nodes;
  std::vector<LinkSpec> links;
};

}  // namespace tapswitch::lab
