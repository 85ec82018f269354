// SPDX-License-Identifier: Apache-2.0
// reconnect.hpp: holds what a user says about how soon a port that connects to a socket does so
// again, of whatever kind it is.
#pragma once

#include <cstdint>

#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct Reconnect {
  static constexpr std::uint32_t default_seconds = 1;

  std::uint32_t seconds = default_seconds;

  // Returns the member in a port's JSON.
  static rpc::Field field();
  void read(const Json& json);
  // Throws what is wrong with it if the port does not connect.
  void check(bool connects) const;
  // Says nothing where the port does not connect.
  void write(Json& json, bool connects, Format format) const;

  bool operator==(const Reconnect&) const = default;
};

}  // namespace tapswitch::config
