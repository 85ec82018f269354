// SPDX-License-Identifier: Apache-2.0
// vni_socket.hpp: the socket at which the frames of one VNI come in. Those of several VNIs share
// an address and a port of UDP, as the devices of Linux do.
//
// Theory of operation: each has a socket of its own, so that each port has its own worker, and the
// kernel gives each datagram to the socket of its VNI: sockets at one address are a group
// (SO_REUSEPORT), and a program that belongs to the group (SO_ATTACH_REUSEPORT_CBPF) reads the VNI
// and says at which place of the group its socket stands. The first one stands at place 0; the next
// one behind those that are there; where one is closed the last one takes its place. What is of
// none of the VNIs goes to the first one, which counts it. The first socket at an address is bound
// as one that shares with nobody, so that no group of another process is joined. Limits: what
// net.core.optmem_max lets a program have, which is some 250 VNIs at an address where it is 20,480;
// the kernel's refusal says so. While a socket closes, a datagram for another of its group may go
// astray. Threads: any.
#pragma once

#include <cstddef>

#include "switch/ports/vxlan/vxlan_header.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class VniSocket {
 public:
  static constexpr int buffer_bytes = 4 << 20;

  [[nodiscard]] static KernelResult<VniSocket> open(const SocketAddress& local, Vni vni);

  // The socket that another process had, or has still, at 'place' of its group. Until leave() says
  // otherwise the group is that of the other.
  [[nodiscard]] static VniSocket inherit(UniqueFd socket, const SocketAddress& local, Vni vni,
                                         std::size_t place);

  VniSocket(VniSocket&& other) noexcept;
  VniSocket(const VniSocket&) = delete;
  VniSocket& operator=(const VniSocket&) = delete;
  VniSocket& operator=(VniSocket&&) = delete;
  ~VniSocket();

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  [[nodiscard]] std::size_t place() const;

  // Says whether the group is another process's: then its program stays as it is.
  void leave(bool is_left) noexcept { is_left_ = is_left; }

 private:
  VniSocket(UniqueFd socket, const SocketAddress& local);

  UniqueFd socket_;
  OwnInternetSocket own_;
  SocketAddress local_;
  bool is_left_ = false;
};

}  // namespace tapswitch
