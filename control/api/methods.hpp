// SPDX-License-Identifier: Apache-2.0
// methods.hpp: the table of methods: all that tapswitch can be asked, in the order of the manual.
// It knows nothing of how a method is carried out, so that tapctl can be made from it too.
#pragma once

#include <cstdint>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

// The most that a page of fdb.list or vlan.list holds, and so the largest 'limit'. All other
// sessions wait while a page is made: it takes a few milliseconds.
inline constexpr std::int64_t most_entries_a_page = 1'000;

// The longest 'interval_seconds' of stats.rates.
inline constexpr std::int64_t longest_rate_interval_seconds = 10;

std::vector<rpc::Method> methods();

}  // namespace tapswitch::api
