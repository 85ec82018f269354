// SPDX-License-Identifier: Apache-2.0
// bpdu.hpp: the frames by which bridges speak of the tree [802.1D-2004 clause 9]: configuration and
// topology change notification of 802.1D, and RST BPDUs. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "control/protocols/rstp_values.hpp"

namespace tapswitch::protocols {

// To where they are sent.
constexpr MacAddress bridge_group(0x0180'c200'0000);

struct Bpdu {
  enum class Kind : std::uint8_t { configuration, notification, rapid };
  // As it is in the flags.
  enum class Role : std::uint8_t { unknown, alternate_or_backup, root, designated };

  Kind kind = Kind::rapid;
  Role role = Role::unknown;
  bool topology_change = false;
  bool acknowledgment = false;
  bool proposal = false;
  bool agreement = false;
  bool learning = false;
  bool forwarding = false;
  // A notification has none of these.
  PriorityVector vector = {};
  TreeTimes times = {};

  bool operator==(const Bpdu&) const = default;

  // Whether it says what the designated port of its LAN is. A role that is not known counts as in
  // a configuration BPDU [9.2.9].
  [[nodiscard]] bool is_designated() const {
    return kind == Kind::configuration ||
           (kind == Kind::rapid && (role == Role::designated || role == Role::unknown));
  }
};

// Reads a whole frame. Nullopt: it is no BPDU of these, or is cut short [9.3.4]; so is one with a
// tag, for what concerns a link has none.
[[nodiscard]] std::optional<Bpdu> read_bpdu(std::span<const std::byte> frame);

// Returns a whole frame, without padding.
[[nodiscard]] std::vector<std::byte> write_bpdu(const Bpdu& bpdu, MacAddress source);

}  // namespace tapswitch::protocols
