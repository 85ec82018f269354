// SPDX-License-Identifier: Apache-2.0
// schema.hpp: the shape of a lab file: the configuration document, and nodes and links besides.
#pragma once

#include <string_view>
#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::lab {

// The whole file. What its parts must be to one another, read_lab.hpp says.
const rpc::Schema& lab_schema();

// The members of a node of each kind, and of a link, for the manual.
std::vector<rpc::Field> netns_fields();
std::vector<rpc::Field> vm_fields();
std::vector<rpc::Field> nat_fields();
std::vector<rpc::Field> link_fields();

// The same for editors, as `tapctl lab schema` prints it.
Json printed_schema();

}  // namespace tapswitch::lab
