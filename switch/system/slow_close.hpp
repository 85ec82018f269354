// SPDX-License-Identifier: Apache-2.0
// slow_close.hpp: closes what strangers have opened. The end of such a descriptor may wait for them
// without bound: a TCP socket with SO_LINGER waits for its peer, a file of FUSE for its server. So
// threads close it that have nothing else to do.
//
// Limits: 'most_threads' threads, which start when they are first needed and stay. Nothing is
// refused here; whoever takes descriptors from strangers takes no more while is_close_behind().
// Threads: any.
#pragma once

#include <cstddef>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

constexpr std::size_t most_close_threads = 16;

// Descriptors that wait to be closed, from which on nothing more is taken in: from strangers, and
// from those who may control the daemon. The second is larger, so that the first lock out none of
// the second.
constexpr std::size_t most_unclosed_of_strangers = 1'024;
constexpr std::size_t most_unclosed = 2'048;

// Returns at once.
void close_slowly(UniqueFd fd) noexcept;

[[nodiscard]] bool is_close_behind(std::size_t most = most_unclosed_of_strangers) noexcept;

}  // namespace tapswitch
