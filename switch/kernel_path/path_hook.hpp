// SPDX-License-Identifier: Apache-2.0
// path_hook.hpp: puts the programs of the kernel path at the interface of a port: one is the filter
// of its packet socket, the other stands at the ingress of the interface, the first of all there.
//
// Where the kernel has links of tcx (Linux 6.6) the latter goes with the process. Else it is a
// filter of tc(8), which outlives the process: without a socket that decides it does nothing
// (kernel_path.bpf.c), and the next daemon puts its own in its place. It goes with the interface.
#pragma once

#include "switch/kernel_path/path_program.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Holds the program at an interface.
struct PathHook {
  UniqueFd link = {};  // of tcx; not open: it is a filter of tc(8)
};

// Frames that come in by the interface 'index' can go by the path from now on, if 'socket', which
// hears them, is that of their port. A filter of tc(8) that another daemon has left is replaced.
[[nodiscard]] KernelResult<PathHook> put_on_path(RouteSocket& routes, const PathProgram& program,
                                                 int index, int socket);

// Whether they still can: somebody may have removed a filter of tc(8).
[[nodiscard]] bool is_on_path(RouteSocket& routes, const PathHook& hook, int index);

// Frames are the socket's again. Does all that can be done.
void take_off_path(RouteSocket& routes, PathHook hook, int index, int socket);

}  // namespace tapswitch
