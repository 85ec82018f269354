// SPDX-License-Identifier: Apache-2.0
// route.hpp: how a route is written in a lab file: a part of what `ip route add` takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapswitch::lab {

constexpr const char* route_allowed =
    "DESTINATION [via ADDRESS] [dev INTERFACE] [src ADDRESS] [metric NUMBER], where DESTINATION is "
    "default or as 10.0.0.0/8";

[[nodiscard]] bool is_route(std::string_view text);

// The words of 'text', which is_route().
[[nodiscard]] std::vector<std::string> route_words(std::string_view text);

}  // namespace tapswitch::lab
