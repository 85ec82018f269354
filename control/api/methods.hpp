// SPDX-License-Identifier: Apache-2.0
// methods.hpp: the table of methods: all that tapswitch can be asked, in the order of the manual.
// It knows nothing of how a method is carried out, so that tapctl can be made from it too.
#pragma once

#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

std::vector<rpc::Method> methods();

}  // namespace tapswitch::api
