// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_hook.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

#include "switch/system/ingress_gate.hpp"

namespace tapswitch {
namespace {

bool set_filter(int socket, int option, int program) {
  return ::setsockopt(socket, SOL_SOCKET, option, &program, sizeof program) == 0;
}

}  // namespace

// First the one that does what is decided, then the one that decides.
KernelResult<void> put_on_path(RouteSocket& routes, const PathProgram& program, int index,
                               int socket) {
  if (auto done = put_ingress_program(routes, index, program.program("path_do")); !done) {
    return done;
  }
  if (!set_filter(socket, SO_ATTACH_BPF, program.program("path_hear"))) {
    const int error = errno;
    take_off_path(routes, index, socket);
    return kernel_error(error, "SO_ATTACH_BPF", "put",
                        fmt::format("interface {} on the kernel path", index));
  }
  return {};
}

void take_off_path(RouteSocket& routes, int index, int socket) {
  (void)set_filter(socket, SO_DETACH_FILTER, 0);
  remove_ingress_program(routes, index);
}

}  // namespace tapswitch
