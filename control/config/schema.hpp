// SPDX-License-Identifier: Apache-2.0
// schema.hpp: the shapes of the values that methods and the configuration document have in common.
#pragma once

#include <string_view>
#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::config {

// 1 to 32 of A-Z a-z 0-9 . _ -
bool is_name(std::string_view text);
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
rpc::Schema interface_schema();
// A user or group: its name or its number.
rpc::Schema account_schema();
// The member "mtu" of a port whose kind bounds no frame.
rpc::Field frame_mtu_field();
// The path of a Unix socket.
rpc::Schema socket_path_schema();
// A network namespace: its name, its path, or the pid of a process in it.
rpc::Schema namespace_schema();

// The members of a switch but for its name, VLANs and ports.
std::vector<rpc::Field> switch_fields();

// The members of any port but for its name and those of its far end (far_end.hpp).
std::vector<rpc::Field> port_fields();

// The configuration document, whole. What its parts must be to one another, read_document.hpp says.
const rpc::Schema& document_schema();

// The same for editors, as tapswitchd --print-schema gives it and the package installs it.
Json printed_schema();

}  // namespace tapswitch::config
