// SPDX-License-Identifier: Apache-2.0
// stp_methods.hpp: the rows of the table of methods that are about spanning trees.
#pragma once

#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

std::vector<rpc::Method> stp_methods();

}  // namespace tapswitch::api
