// SPDX-License-Identifier: Apache-2.0
// method_fields.hpp: the fields and results that rows of the table of methods have in common.
#pragma once

#include <vector>

#include "control/rpc/method.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::api {

using Fields = std::vector<rpc::Field>;

Fields operator+(Fields left, const Fields& right);

rpc::Field dry_run_field();

// Says which of the descriptors that came with the line.
rpc::Schema descriptor_index_schema();

// Returns what a changing method gives back: 'result', or the plan of a dry run.
rpc::Schema or_plan(rpc::Schema result);

rpc::Schema nothing();

}  // namespace tapswitch::api
