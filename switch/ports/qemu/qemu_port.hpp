// SPDX-License-Identifier: Apache-2.0
// qemu_port.hpp: the port at which a virtual machine of QEMU is plugged in, by QEMU's own sockets:
// '-netdev stream' and the older '-netdev socket' (StreamPort), '-netdev dgram' (DatagramPort).
// Needs no privilege.
//
// A guest's offloads do not cross these sockets, so the port has none, and the switch finishes what
// was left to others.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <variant>

#include "switch/ports/socket/attended_port.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

struct QemuOptions {
  struct Listen {
    SocketAddress address;
  };
  struct Connect {
    SocketAddress address;
    std::chrono::seconds reconnect{1};  // after an end or a failure
  };
  struct Datagram {
    SocketAddress local;  // ours; both are paths
    SocketAddress remote;
  };

  std::variant<Listen, Connect, Datagram> end;
  FileAccess access;      // to the file of a socket that is made
  std::uint32_t mtu = 0;  // what link() says; 0: none
};

[[nodiscard]] KernelResult<std::unique_ptr<AttendedPort>> open_qemu_port(
    const QemuOptions& options);

}  // namespace tapswitch
