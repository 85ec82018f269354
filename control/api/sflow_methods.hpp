// SPDX-License-Identifier: Apache-2.0
// sflow_methods.hpp: the rows of sFlow in the table of methods.
#pragma once

#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

[[nodiscard]] std::vector<rpc::Method> sflow_methods();

}  // namespace tapswitch::api
