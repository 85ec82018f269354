// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_hook.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "switch/system/ingress_gate.hpp"
#include "switch/system/tcx_link.hpp"

namespace tapswitch {
namespace {

bool set_filter(int socket, int option, int program) {
  return ::setsockopt(socket, SOL_SOCKET, option, &program, sizeof program) == 0;
}

KernelResult<PathHook> put_at_ingress(RouteSocket& routes, int program, int index) {
  if (auto link = open_tcx_link(index, program)) {
    remove_ingress_program(routes, index);  // which another daemon has left
    return PathHook{.link = std::move(*link)};
  }
  if (auto done = put_ingress_program(routes, index, program); !done) {
    return done.error();
  }
  return PathHook{};
}

}  // namespace

// First the one that does what is decided, then the one that decides.
KernelResult<PathHook> put_on_path(RouteSocket& routes, const PathProgram& program, int index,
                                   int socket) {
  auto hook = put_at_ingress(routes, program.program("path_do"), index);
  if (hook && !set_filter(socket, SO_ATTACH_BPF, program.program("path_hear"))) {
    const int error = errno;
    take_off_path(routes, std::move(*hook), index, socket);
    return kernel_error(error, "SO_ATTACH_BPF", "put",
                        fmt::format("interface {} on the kernel path", index));
  }
  return hook;
}

bool is_on_path(RouteSocket& routes, const PathHook& hook, int index) {
  return hook.link.is_open() || has_ingress_program(routes, index);
}

void take_off_path(RouteSocket& routes, PathHook hook, int index, int socket) {
  (void)set_filter(socket, SO_DETACH_FILTER, 0);
  if (!hook.link.is_open()) {
    remove_ingress_program(routes, index);
  }
}

}  // namespace tapswitch
