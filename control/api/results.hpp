// SPDX-License-Identifier: Apache-2.0
// results.hpp: the shapes of what methods give back, for the table of methods.
#pragma once

#include <cstddef>

#include "control/rpc/schema.hpp"

namespace tapswitch::api {

// The longest list and the largest map that a result may have.
constexpr std::size_t most_items = 1'048'576;

// A whole number that does not fit below a sensible bound: counters, sizes, ages.
rpc::Schema count_schema();

rpc::Schema log_line_schema();
rpc::Schema system_info_schema();
rpc::Schema switch_schema();
rpc::Schema port_schema();
rpc::Schema vlan_entry_schema();
rpc::Schema fdb_entry_schema();
rpc::Schema port_statistics_schema();
rpc::Schema switch_statistics_schema();
rpc::Schema vlan_statistics_schema();
rpc::Schema rate_schema();
rpc::Schema trace_schema();
rpc::Schema snapshot_schema();

// Returns what a changing method answers to a dry run.
rpc::Schema plan_schema();

}  // namespace tapswitch::api
