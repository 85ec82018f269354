// SPDX-License-Identifier: Apache-2.0
// guard.hpp: tells on stderr what goes wrong, and turns it into an exit status.
#pragma once

#include <functional>

namespace tapswitch::lab {

// Lets tapctl::UsageError through.
int run_guarded(const std::function<int()>& work);

}  // namespace tapswitch::lab
