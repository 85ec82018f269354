// SPDX-License-Identifier: Apache-2.0
// sflow_sockets.hpp: by which datagrams leave for collectors: a socket of UDP for each version of
// IP. They are opened before the daemon is confined to its system calls, which has it open no
// other. Threads: one at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "switch/sampling/ip_address.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class SflowSockets {
 public:
  // A version of IP that the kernel does not have is left out.
  [[nodiscard]] static SflowSockets open();

  [[nodiscard]] bool has(int family) const { return of(family).is_open(); }

  // Returns 0 or the number of the error. Waits for nobody.
  [[nodiscard]] int send(std::span<const std::byte> datagram, const SocketAddress& to) const;

  // Returns the address that leads to 'to'; nullopt: there is none now.
  [[nodiscard]] std::optional<IpAddress> local_address_towards(const SocketAddress& to) const;

 private:
  [[nodiscard]] const UniqueFd& of(int family) const { return family == AF_INET6 ? ipv6_ : ipv4_; }

  UniqueFd ipv4_;
  UniqueFd ipv6_;
};

}  // namespace tapswitch
