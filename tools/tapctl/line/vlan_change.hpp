// SPDX-License-Identifier: Apache-2.0
// vlan_change.hpp: `port set alice --native 20` changes one member of the port's VLAN setting and
// keeps the others. The method takes the setting as a whole, so the rest must be asked for first.
#pragma once

#include <stdexcept>
#include <string>

#include "control/rpc/json.hpp"
#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// The port's mode has no such member; the text says which option would make it so.
class ModeMismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Whether a call of 'method' with 'params' says something about a VLAN setting but not its mode,
// which then stays what it is.
bool keeps_vlan_mode(const rpc::Method& method, const Json& params);

// The VLAN setting 'present', as port.get tells it, with the members of 'change' put into it.
// Throws ModeMismatch if its mode has not all of these.
Json changed_vlan(const std::string& port, const Json& present, const Json& change);

}  // namespace tapswitch::tapctl
