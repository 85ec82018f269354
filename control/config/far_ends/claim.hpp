// SPDX-License-Identifier: Apache-2.0
// claim.hpp: says what a far end takes for itself, so that no other port can have it: an interface,
// a socket. Two ports whose claims are equal cannot be open at a time.
#pragma once

#include <optional>
#include <string>

namespace tapswitch::config {

struct Claim {
  std::string name;    // for people, and to compare: "interface 'tap0' of namespace 'lab'"
  std::string member;  // which member of the port says so: "interface"
};

// Returns the claim of an interface. 'name_space' is a name, a path or a pid, nullopt the daemon's.
[[nodiscard]] inline Claim interface_claim(const std::string& interface,
                                           const std::optional<std::string>& name_space) {
  std::string name = "interface '" + interface + "'";
  if (name_space) {
    name += " of namespace '" + *name_space + "'";
  }
  return {.name = std::move(name), .member = "interface"};
}

// Returns what the one port takes that leads to the port 'name'.
[[nodiscard]] inline Claim other_end_claim(const std::string& name) {
  return {.name = "other end of patch '" + name + "'", .member = "peer"};
}

// An interface is called as its port unless the user says otherwise. Throws rpc::Error if it has no
// name and that of the port, which may be longer, is none for an interface.
void name_interface(std::string& interface, const std::string& port_name);

}  // namespace tapswitch::config
