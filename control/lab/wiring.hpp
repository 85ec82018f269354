// SPDX-License-Identifier: Apache-2.0
// wiring.hpp: says what the links of a lab mean for its switches: the configuration document that
// the lab's own daemon is started with. Pure.
//
// A link from a node to a switch is a port of it; two switches are joined by two patch ports. Two
// nodes meet on a switch of their own that has no other port, learns nothing and keeps no address
// to itself: a wire, on which frames can be watched and traced as on any other switch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/lab/model.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

// As `ip netns` shows it.
[[nodiscard]] std::string namespace_name(const std::string& lab, const std::string& node);

// The sockets of a virtual machine, below the lab's directory.
[[nodiscard]] std::string card_socket(const std::string& directory, const std::string& node,
                                      const std::string& interface);

// The MAC of each interface of a node, by End::text(): what the file says, else one that is the
// same whenever the lab comes up, and another for each interface of it.
[[nodiscard]] std::map<std::string, std::string> macs_of(const LabSpec& lab);

// The port at a link's end: "alice", or "alice-eth1" where the node has several links.
[[nodiscard]] std::string port_name(const LabSpec& lab, const End& end);

// The kind of port that the interface of a namespace is: as the link says; else a veth on a switch,
// if the daemon has a kernel path that it could take, and a TAP elsewhere. Nothing is learned on a
// wire, so there is nothing to forward by the path.
[[nodiscard]] std::string interface_type(const LinkSpec& link, bool has_kernel_path);

// The switch that is the wire of a link between two nodes.
[[nodiscard]] std::string wire_name(const LabSpec& lab, const LinkSpec& link);

// The ports of a link at its two ends. Where one end is a switch and the other a node's interface
// there is one port, which is both; of two switches they are the patches.
struct LinkPorts {
  std::string first;
  std::string second;

  bool operator==(const LinkPorts&) const = default;
};

// Returns the ports of all links, in their order.
[[nodiscard]] std::vector<LinkPorts> ports_of_links(const LabSpec& lab);

struct Wiring {
  Json document;  // of the daemon
  // Tells where in the lab file is what stands in the document only because of a link:
  // "/switches/sw0/ports/alice" is "/links/3".
  std::map<std::string, std::string> pointers;
};

// 'lab' has no mistakes of its own but perhaps in its switches. Names of ports that clash are told
// by read_lab.hpp; here the later one is left out.
[[nodiscard]] Wiring wire(const LabSpec& lab, const std::string& directory,
                          bool has_kernel_path = false);

}  // namespace tapswitch::lab
