// SPDX-License-Identifier: Apache-2.0
// vni_program.hpp: the program by which the kernel finds the socket of a VNI among those at one
// address (vni_socket.hpp).
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <span>
#include <vector>

#include "switch/ports/vxlan/vxlan_header.hpp"

namespace tapswitch {

// A socket and what it is for.
struct VniPlace {
  Vni vni = 0;
  std::size_t place = 0;
};

// Returns a program of classic BPF that is given a datagram, from its VXLAN header on, and answers
// with the place of its VNI; with 0 if that is none of 'places', or if there is no VNI. It asks for
// few of them, for it halves them at each step.
[[nodiscard]] std::vector<sock_filter> vni_program(std::span<const VniPlace> places);

}  // namespace tapswitch
