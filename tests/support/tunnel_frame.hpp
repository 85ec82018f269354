// SPDX-License-Identifier: Apache-2.0
// tunnel_frame.hpp: super-frames inside tunnels for tests, as Linux hands them to a packet socket,
// and an independent opinion about the segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/frame/offload.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {

enum class TunnelKind : std::uint8_t { vxlan, geneve, gue, fou, gre_tap, gre, ip_in_ip, mpls };

constexpr TunnelKind tunnel_kinds[] = {TunnelKind::vxlan,    TunnelKind::geneve,  TunnelKind::gue,
                                       TunnelKind::fou,      TunnelKind::gre_tap, TunnelKind::gre,
                                       TunnelKind::ip_in_ip, TunnelKind::mpls};

struct TunnelRecipe {
  TunnelKind kind = TunnelKind::vxlan;
  bool is_ipv6 = false;  // the outer IP
  bool has_checksum = true;
  std::size_t option_size = 0;  // of Geneve; a multiple of 4
  bool has_key = false;         // of GRE
  std::vector<VlanTag> tags{};  // of the outer frame
  std::uint16_t identification = 0xfffe;
};

struct TunnelFrame {
  TunnelRecipe recipe;
  std::vector<std::byte> bytes;
  Offload offload;
  std::size_t network = 0;    // outer
  std::size_t transport = 0;  // outer
  std::size_t inside = 0;     // where the inner frame begins, or the inner IP
};

// Returns 'inner' inside a tunnel.
[[nodiscard]] TunnelFrame wrap(const SuperFrame& inner, const TunnelRecipe& recipe);

// Returns what lies inside a segment of 'frame', and what is wrong with the headers around it, if
// it is the one of number 'index'; empty if nothing is.
[[nodiscard]] std::vector<std::byte> inside_of(const TunnelFrame& frame,
                                               std::span<const std::byte> segment);
[[nodiscard]] std::string fault_around(const TunnelFrame& frame, std::span<const std::byte> segment,
                                       std::size_t index);

}  // namespace tapswitch::test
