// SPDX-License-Identifier: Apache-2.0
// ingress_gate.hpp: keeps the host's own protocols from hearing what comes in by an interface, by a
// filter of tc(8) that drops all. Packet sockets hear a frame before tc does, and are not
// concerned.
//
// The filter is the last in its place, so that others that are put there are asked before it. It is
// a classic BPF program of one instruction: the kernel's cls_bpf takes that from whoever has
// CAP_NET_ADMIN, and other classifiers that do nothing but drop (matchall with an action) are not
// on every kernel. It goes with the interface. Pinned by tests/system/ingress_gate_test.cpp.
#pragma once

#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct ShutGate {
  bool has_made_place = false;  // for filters (clsact); else one was there
};

// Shuts the gate of the interface; one that is shut already stays so. An error if this kernel has
// no such filters.
[[nodiscard]] KernelResult<ShutGate> shut_ingress(RouteSocket& routes, int index);

// Opens it again; with 'has_made_place' takes the place away too.
[[nodiscard]] KernelResult<void> open_ingress(RouteSocket& routes, int index, bool has_made_place);

// Puts a program (a descriptor of one for tc's filters) where it is asked before all others; one of
// ours that is there, whoever has put it, makes way. It outlives the process.
[[nodiscard]] KernelResult<void> put_ingress_program(RouteSocket& routes, int index, int program);
// If there is one.
void remove_ingress_program(RouteSocket& routes, int index);
[[nodiscard]] bool has_ingress_program(RouteSocket& routes, int index);

}  // namespace tapswitch
