// SPDX-License-Identifier: Apache-2.0
// path_hook.hpp: puts the programs of the kernel path at a near end: one is the filter of its
// packet socket, the other a filter of tc(8) at its ingress (clsact), the first of all there.
//
// The filter of tc outlives the process, as far as a filter goes: without a socket that decides it
// does nothing (kernel_path.bpf.c), and the next daemon puts its own in its place. It goes with the
// interface.
#pragma once

#include "switch/kernel_path/path_program.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

// Frames that come in by the interface 'index' can go by the path from now on, if 'socket', which
// hears them, is that of their port. One that another daemon has left is replaced.
[[nodiscard]] KernelResult<void> put_on_path(RouteSocket& routes, const PathProgram& program,
                                             int index, int socket);

// Frames are the socket's again. Does all that can be done.
void take_off_path(RouteSocket& routes, int index, int socket);

}  // namespace tapswitch
