// SPDX-License-Identifier: Apache-2.0
// veth_setup.hpp: gets hold of a pair of veths and configures it, all or nothing. The first half of
// veth_port.hpp, whose comment tells how and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "switch/ports/interface_settings.hpp"
#include "switch/ports/packet/packet_socket.hpp"
#include "switch/ports/veth/near_end.hpp"
#include "switch/system/kernel_error.hpp"

namespace tapswitch {

struct VethOptions : InterfaceSettings {
  std::string port;  // whose it is
};

struct VethSetup {
  PacketSocket socket;
  bool passes;  // the pair goes with the port
  QuietNearEnd quiet;
  std::uint64_t egress_drops = 0;  // that the near end has counted before
  // How a pair was that was there before; nullopt: it was created.
  struct Before {
    InterfaceState far;
    NearEndState near;
  };
  std::optional<Before> before = {};
};

// Creates or adopts the pair of 'options' and configures it.
[[nodiscard]] KernelResult<VethSetup> set_up_veth(const VethOptions& options);

// "veth 'eth0' in namespace 'lab'"
[[nodiscard]] std::string describe_veth(const VethOptions& options);

}  // namespace tapswitch
