// SPDX-License-Identifier: Apache-2.0
// socket_path.hpp: where the control socket is when nobody says; daemon and tapctl agree by it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tapswitch::server {

// What decides about the path.
struct SocketEnvironment {
  std::optional<std::string> socket;       // $TAPSWITCH_SOCKET
  std::optional<std::string> runtime_dir;  // $XDG_RUNTIME_DIR
  uid_t uid = 0;
};

// That of this process. An empty variable counts as none.
SocketEnvironment socket_environment();

// 'option', else $TAPSWITCH_SOCKET, else the place for root or for others. Throws
// std::runtime_error if there is no place.
std::string socket_path(const std::optional<std::string>& option,
                        const SocketEnvironment& environment);

}  // namespace tapswitch::server
