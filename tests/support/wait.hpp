// SPDX-License-Identifier: Apache-2.0
// wait.hpp: tests wait for events, never for time to pass.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

namespace tapswitch::test {

// Long enough for the slowest machine: only a failing test waits that long.
constexpr std::chrono::seconds patience{10};

// Waits until 'fd' has something to say (data, end, error). False if it says nothing.
bool wait_until_readable(int fd, std::chrono::milliseconds at_most = patience);

// The same for one of 'fds', whichever it is.
bool wait_until_any_readable(const std::vector<int>& fds,
                             std::chrono::milliseconds at_most = patience);

// Asks 'condition' again and again until it is true. For what the kernel finishes in its own time
// and announces to nobody. False if it never is.
bool wait_until(const std::function<bool()>& condition,
                std::chrono::milliseconds at_most = patience);

}  // namespace tapswitch::test
