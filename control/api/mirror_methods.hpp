// SPDX-License-Identifier: Apache-2.0
// mirror_methods.hpp: the rows of the table of methods that begin with "mirror.".
#pragma once

#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

std::vector<rpc::Method> mirror_methods();

}  // namespace tapswitch::api
