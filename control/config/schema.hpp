// SPDX-License-Identifier: Apache-2.0
// schema.hpp: the shapes of the values that methods and the configuration document have in common.
#pragma once

#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::config {

// 1 to 32 of A-Z a-z 0-9 . _ -
rpc::Schema name_schema();
rpc::Schema mac_schema();
// A single VLAN: 1..4094.
rpc::Schema vlan_id_schema();
// Several: "1-100,200" or [1, 200].
rpc::Schema vlan_set_schema();
// How a port takes part in VLANs: access, trunk or dot1q-tunnel.
rpc::Schema vlan_schema();
rpc::Schema flood_schema();
rpc::Schema forward_reserved_schema();
rpc::Schema fdb_schema();

// The members of a switch but for its name, VLANs and ports.
std::vector<rpc::Field> switch_fields();

// The members of any port but for its name, and those of a TAP port besides.
std::vector<rpc::Field> port_fields();
std::vector<rpc::Field> tap_fields();

}  // namespace tapswitch::config
