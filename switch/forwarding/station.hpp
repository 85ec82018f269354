// SPDX-License-Identifier: Apache-2.0
// station.hpp: how forwarding names a station: by its address within a VLAN.
#pragma once

#include <cstdint>

#include "switch/frame/mac_address.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

// A MAC address in a VLAN. 'mac' is a unicast address, 'vid' is 1 to 4094.
struct Station {
  VlanId vid = no_vlan;
  MacAddress mac;
  bool operator==(const Station&) const = default;
};

enum class StationKind : std::uint8_t { dynamic_entry, static_entry };

}  // namespace tapswitch
