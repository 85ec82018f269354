// SPDX-License-Identifier: Apache-2.0
// socket_path.hpp: finds where the control socket is when nobody says; daemon and tapctl agree by
// it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tapswitch::server {

// The environment decides about the path.
struct SocketEnvironment {
  std::optional<std::string> socket;       // $TAPSWITCH_SOCKET
  std::optional<std::string> runtime_dir;  // $XDG_RUNTIME_DIR
  uid_t uid = 0;                           // outside of a user namespace that has no other user
};

// That of this process. An empty variable counts as none.
SocketEnvironment socket_environment();

// 'option', else $TAPSWITCH_SOCKET, else the place for root or for others: below $XDG_RUNTIME_DIR,
// else private_directory(). Throws std::runtime_error if that may not be used.
std::string socket_path(const std::optional<std::string>& option,
                        const SocketEnvironment& environment);

// /tmp/tapswitch-UID: of those who have no $XDG_RUNTIME_DIR. What stands there may be somebody
// else's.
std::string private_directory(uid_t uid);

// Makes the directory of the socket 'path' if it is the private one of 'uid', for nobody else.
// Throws std::runtime_error if it cannot, or if it is not ours alone.
void make_private_directory(const std::string& path, uid_t uid);

}  // namespace tapswitch::server
