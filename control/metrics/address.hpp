// SPDX-License-Identifier: Apache-2.0
// address.hpp: says where metrics are to be had, as people write it: "127.0.0.1:9100",
// "[::1]:9100", ":9100" (this machine alone) or "unix:/run/tapswitch/metrics.sock". Names of hosts
// are not looked up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tapswitch::metrics {

struct TcpAddress {
  std::string host;  // of digits
  std::uint16_t port = 0;
};

struct UnixAddress {
  std::string path;
};

using Address = std::variant<TcpAddress, UnixAddress>;

// Throws std::invalid_argument with a message for people.
Address parse_address(std::string_view text);

}  // namespace tapswitch::metrics
