// SPDX-License-Identifier: Apache-2.0
// port_rule.hpp: holds what is configured about forwarding, for a port and for a switch. These are
// the words of the user; snapshot.hpp makes of them what the workers read.
#pragma once

#include <cstdint>

#include "switch/forwarding/storm_rule.hpp"
#include "switch/forwarding/vlan_set.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

enum class PortMode : std::uint8_t {
  access,  // one VLAN, untagged
  trunk,   // many VLANs, tagged, but for the native one
  tunnel,  // dot1q-tunnel: one VLAN, whatever tags the frames have are payload
};

// Which frames a port admits [802.1Q 6.9, Acceptable Frame Types]. A priority-tagged frame (VID 0)
// counts as untagged.
enum class AcceptableFrames : std::uint8_t { all, tagged, untagged };

// How a port takes part in VLANs. The default is a trunk of all VLANs whose native VLAN is 1: an
// unmanaged switch that lets tagged frames across.
struct VlanRule {
  PortMode mode = PortMode::trunk;

  // The VLAN of frames that come in without one: PVID of an access or tunnel port, native VLAN of a
  // trunk. A trunk may have none (no_vlan): untagged frames are then refused.
  VlanId pvid = 1;

  // Trunk: whether frames of the native VLAN leave with a tag.
  bool native_tagged = false;

  // Trunk: the VLANs it carries; the native VLAN always belongs to them.
  VlanSet allowed = VlanSet::all();

  // Tunnel: the type of the tag that frames from here get when they leave by a trunk.
  TagType tunnel_type = TagType::service;

  // Trunk: a vendor's type of tag that names VLANs here beside those of the standard; 'customer':
  // none.
  TagType vendor_type = TagType::customer;

  AcceptableFrames acceptable = AcceptableFrames::all;

  bool operator==(const VlanRule&) const = default;

  [[nodiscard]] bool carries(VlanId vid) const {
    return vid == pvid ? vid != no_vlan : mode == PortMode::trunk && allowed.contains(vid);
  }

  // The VLAN whose frames leave without its tag, or no_vlan.
  [[nodiscard]] VlanId untagged_vid() const {
    return mode == PortMode::trunk && native_tagged ? no_vlan : pvid;
  }
};

// Which frames without a known single destination leave by a port.
struct FloodRule {
  bool unknown_unicast = true;
  bool multicast = true;
  bool broadcast = true;

  bool operator==(const FloodRule&) const = default;
};

struct PortRule {
  VlanRule vlan{};
  FloodRule flood{};
  StormRule storm{};
  bool learning = true;
  bool isolated = false;       // exchanges no frames with other isolated ports
  bool split_horizon = false;  // what comes in leaves by no port of which the same is said
  bool hairpin = false;        // frames may leave by the port they came in by
  // The kernel may forward known unicast of the port, where that can be done.
  bool takes_kernel_path = true;

  // The most stations learned on this port; 0: no limit but the table's.
  std::uint32_t fdb_limit = 0;

  bool operator==(const PortRule&) const = default;
};

// Which frames go to the protocols on the control thread, whether they cross the switch or not.
struct PuntSet {
  std::uint16_t reserved = 0;  // bit n: those to 01-80-C2-00-00-0n, which concern the link alone
  bool igmp = false;           // all of IGMP [RFC 3376]
  bool mld = false;            // queries, reports and leaves of MLD [RFC 3810]

  bool operator==(const PuntSet&) const = default;

  [[nodiscard]] bool is_empty() const { return reserved == 0 && !igmp && !mld; }
};

struct SwitchRule {
  // Bit n set: frames to 01-80-C2-00-00-0n cross the switch [802.1Q table 8-1 says they must not].
  std::uint16_t forwarded_reserved = 0;

  PuntSet punts{};

  bool operator==(const SwitchRule&) const = default;

  [[nodiscard]] bool forwards_reserved(MacAddress destination) const {
    return (forwarded_reserved >> (destination.bits() & 0xf) & 1) != 0;
  }
};

}  // namespace tapswitch
