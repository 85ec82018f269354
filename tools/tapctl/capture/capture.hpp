// SPDX-License-Identifier: Apache-2.0
// capture.hpp: carries `capture` out: gives the daemon a pipe or file to write to, and waits for
// the end.
#pragma once

#include <functional>
#include <string>

#include "control/client/client.hpp"
#include "tools/tapctl/line/arguments.hpp"

namespace tapswitch::tapctl {

// Returns when the capture is over, by its own limits, by a signal, or with its reader, what became
// of it, as the event 'ended' tells. 'print' is given lines where the output is a terminal. Throws
// what Client throws, UsageError and std::system_error.
Json capture(client::Client& client, const Call& call,
             const std::function<void(const std::string&)>& print);

// Whether it ended as somebody wished: it was stopped, its count was reached, its reader is gone.
[[nodiscard]] bool is_wished_end(const Json& became);

// Returns a sentence that says so.
[[nodiscard]] std::string summary_of(const Json& became);

}  // namespace tapswitch::tapctl
