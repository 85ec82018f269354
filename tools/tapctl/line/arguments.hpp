// SPDX-License-Identifier: Apache-2.0
// arguments.hpp: reads what a command line asks for. Pure: nothing is read, opened or called.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// Options that every command takes.
struct Manner {
  std::optional<std::string> socket;
  std::optional<std::string> lab;  // whose socket it is, in place of 'socket'
  bool json = false;
  bool exact = false;  // counts in full, also on a terminal
  bool colour = true;
};

// A call to make.
struct Call {
  std::string method;
  Json params = Json::object();
  bool is_raw = false;       // `call`: the result is printed as it is
  bool reads_stdin = false;  // `call METHOD -`: the parameters come from there
  // `port set NAME --native 20`: what "vlan" does not name stays as the port has it; see
  // vlan_change.hpp.
  bool keeps_vlan_mode = false;
  // `apply FILE`: what "config" is to be read from; empty if the line itself has it. 'text' is for
  // whoever reads it: errors tell the line.
  struct Document {
    std::string file = {};
    std::string text = {};
  } document = {};
  // `port add NAME --fd 3`: descriptors of this process that go with the call.
  std::vector<int> descriptors = {};
  // How the person said what a field says: "vlan.pvid" is "--vlan"; for errors.
  std::map<std::string, std::string> spelling = {};
};

// Text to print: help, or the version.
struct Answer {
  std::string text;
};

struct CommandLine {
  Manner manner;
  std::variant<Call, Answer> request;
};

// 'arguments' is the command line without the program's name. Throws UsageError.
CommandLine parse_arguments(const std::vector<std::string>& arguments,
                            const std::vector<rpc::Method>& methods);

// The parameters of `call`, from its line or from stdin. Throws UsageError.
Json parse_params(const std::string& text);

// The option, or other words, by which a person gives 'field' ("addresses[1]"); else 'field'.
std::string spelled(const std::map<std::string, std::string>& spelling, std::string field);

// One line: "--mtu: 5 is out of range (allowed: 68..65521)".
std::string describe(const rpc::Problem& problem,
                     const std::map<std::string, std::string>& spelling);

}  // namespace tapswitch::tapctl
