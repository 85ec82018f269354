// SPDX-License-Identifier: Apache-2.0
// capture_methods.hpp: the rows of the table of methods that begin with "capture.".
#pragma once

#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

std::vector<rpc::Method> capture_methods();

}  // namespace tapswitch::api
