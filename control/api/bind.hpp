// SPDX-License-Identifier: Apache-2.0
// bind.hpp: everything the daemon can be asked, with the code behind it.
#pragma once

#include <span>

#include "control/api/handlers.hpp"
#include "control/rpc/method.hpp"

namespace tapswitch::api {

// Told after each change that succeeded.
using ChangeLog =
    std::function<void(const std::string& method, const Json& params, const rpc::Caller& caller)>;

// The handlers of all methods. All of these must outlive them.
Handlers bind_all(Network& network, const Daemon& daemon, RateMeter& meter,
                  network::Captures& captures);

// The same handlers, of which those of changing methods refuse as shutting_down when 'is_ending'.
Handlers with_orderly_end(Handlers handlers, std::span<const rpc::Method> methods,
                          const std::function<bool()>& is_ending);

// The same handlers, of which those of changing methods tell 'log'.
Handlers with_change_log(Handlers handlers, std::span<const rpc::Method> methods,
                         const ChangeLog& log);

}  // namespace tapswitch::api
