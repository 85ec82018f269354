// SPDX-License-Identifier: Apache-2.0
#include "control/server/socket_path.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace tapswitch::server {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

SocketEnvironment socket_environment() {
  return {.socket = variable("TAPSWITCH_SOCKET"),
          .runtime_dir = variable("XDG_RUNTIME_DIR"),
          .uid = geteuid()};
}

std::string socket_path(const std::optional<std::string>& option,
                        const SocketEnvironment& environment) {
  if (option) {
    return *option;
  }
  if (environment.socket) {
    return *environment.socket;
  }
  if (environment.uid == 0) {
    return "/run/tapswitch/control.sock";
  }
  if (environment.runtime_dir) {
    return *environment.runtime_dir + "/tapswitch/control.sock";
  }
  throw std::runtime_error(
      "no place for the control socket: give --socket, or set TAPSWITCH_SOCKET or XDG_RUNTIME_DIR");
}

}  // namespace tapswitch::server
