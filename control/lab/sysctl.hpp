// SPDX-License-Identifier: Apache-2.0
// sysctl.hpp: the name of a kernel parameter, as sysctl(8) takes it: "net.ipv4.ip_forward", or with
// slashes where the name of an interface has dots: "net/ipv4/conf/eth0.10/rp_filter".
#pragma once

#include <string>
#include <string_view>

namespace tapswitch::lab {

// Only those below "net" belong to a network namespace; the others are the whole machine's.
[[nodiscard]] bool is_sysctl_name(std::string_view text);

// Returns where it is below /proc/sys: "net/ipv4/ip_forward".
[[nodiscard]] std::string sysctl_path(std::string_view name);

}  // namespace tapswitch::lab
