// SPDX-License-Identifier: Apache-2.0
// uplink.hpp: tells the programs of a node of kind nat what to do. See ADR 0102.
//
// Theory of operation: the node is a namespace with two interfaces, that of its link and one of
// pasta, which carries what leaves by it to sockets of the machine, as an ordinary program. Between
// the two the kernel translates addresses, so that many nodes share what pasta does for one.
// dnsmasq gives addresses and answers for names.
//
// Limits: those of pasta: TCP, UDP and, where the machine lets its group send them, pings.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "control/lab/model.hpp"
#include "tools/lab/outside.hpp"

namespace tapswitch::lab {

// The processes of a node of kind nat.
constexpr std::array<const char*, 2> uplink_processes = {"dnsmasq", "pasta"};

// Whether 'process' is one that has to be in the network of the machine.
[[nodiscard]] bool is_outside(const std::string& process);

struct UplinkSite {
  const LabSpec& lab;
  const NodeSpec& node;
  const std::string& directory;  // the lab's
  bool is_rootless = false;
};

// Returns the command line of one of them. Throws Failure if it could not do its work: a port of
// the machine is taken.
[[nodiscard]] std::vector<std::string> uplink_words(const UplinkSite& site,
                                                    const std::string& process, Outside& outside);

// Returns the command that has the kernel translate addresses.
[[nodiscard]] Command address_translation(const UplinkSpec& uplink);

// Returns the file by which the namespace 'node' is told whom to ask for names; empty: none.
[[nodiscard]] std::string resolver_file(const std::string& directory, const NodeSpec& node);

// Writes that file for those whom 'uplink' serves. Throws Failure.
void write_resolver(const std::string& directory, const NodeSpec& uplink);

}  // namespace tapswitch::lab
