// SPDX-License-Identifier: Apache-2.0
// stp.hpp: the spanning tree of a switch and of its ports as JSON: their shapes, and how they are
// read and written.
#pragma once

#include <optional>
#include <string>

#include "control/protocols/rstp_bridge.hpp"
#include "control/rpc/json.hpp"
#include "control/rpc/schema.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch::config {

// Holds what is configured for a switch.
struct StpSpec {
  bool is_on = false;
  protocols::RstpSettings settings;
  std::optional<MacAddress> address;  // of the bridge; nullopt: made up when the switch is

  bool operator==(const StpSpec&) const = default;

  // "off", "rstp" or "stp".
  [[nodiscard]] std::string mode() const;
};

using PortStp = protocols::RstpPortSettings;

// Counts where nobody knows the speed of a link, in Mbit/s.
constexpr std::uint32_t usual_speed = 10'000;
// Returns the cost of a link of so many Mbit/s [802.1D-2004 table 17-3].
[[nodiscard]] std::uint32_t path_cost_of(std::uint32_t speed);

[[nodiscard]] rpc::Schema stp_schema();
[[nodiscard]] rpc::Schema port_stp_schema();

// Each changes what 'json' names, and keeps the rest; null makes all as it was made. Requires: it
// fits the schema. Throws rpc::Error with the field, as "stp.priority"; then nothing is changed.
void change(StpSpec& spec, const Json& json);
void change(PortStp& spec, const Json& json);

// Returns what is not as it was made, and the mode; an empty object where all is.
[[nodiscard]] Json to_json(const StpSpec& spec);
[[nodiscard]] Json to_json(const PortStp& spec);

// The same for people: "rstp, priority 4096"; "off"; "admin_edge"; "none".
[[nodiscard]] std::string in_short(const StpSpec& spec);
[[nodiscard]] std::string in_short(const PortStp& spec);

}  // namespace tapswitch::config
