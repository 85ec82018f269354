// SPDX-License-Identifier: Apache-2.0
// top.hpp: carries `top` out: asks the daemon again and again, and shows what it answers on a
// terminal, or as one table behind the other.
#pragma once

#include <functional>
#include <string>

#include "control/client/client.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/tapctl/session.hpp"

namespace tapswitch::tapctl {

// Returns when somebody has had enough; into a pipe, never. Throws what Client throws.
void top(client::Client& client, const Call& call, const Look& look,
         const std::function<void(const std::string&)>& print);

}  // namespace tapswitch::tapctl
