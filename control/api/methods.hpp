// SPDX-License-Identifier: Apache-2.0
// methods.hpp: the table of methods: all that tapswitch can be asked, in the order of the manual.
// It knows nothing of how a method is carried out, so that tapctl can be made from it too.
#pragma once

#include <cstdint>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::api {

// The most that a page of fdb.list or vlan.list holds, and so the largest 'limit'.
inline constexpr std::int64_t most_entries_a_page = 10'000;

std::vector<rpc::Method> methods();

}  // namespace tapswitch::api
