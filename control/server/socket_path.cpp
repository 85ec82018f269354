// SPDX-License-Identifier: Apache-2.0
#include "control/server/socket_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

namespace tapswitch::server {
namespace {

constexpr const char* socket_name = "/control.sock";

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

// Returns who we are for the rest of the machine. Root of a user namespace may have a /run of its
// own, as in a container; where it has not (`unshare -r`), it is the user that made the namespace.
uid_t outer_uid() {
  struct stat run {};
  std::ifstream map("/proc/self/uid_map");
  uid_t inside = 0;
  uid_t outside = 0;
  if (geteuid() != 0 || (stat("/run", &run) == 0 && run.st_uid == 0) ||
      !(map >> inside >> outside) || inside != 0) {
    return geteuid();
  }
  return outside;
}

// Throws unless 'directory' is ours alone, if it is there.
bool is_there(const std::string& directory) {
  struct stat status {};
  if (lstat(directory.c_str(), &status) != 0) {
    return false;
  }
  constexpr mode_t of_others = S_IRWXG | S_IRWXO;
  if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & of_others) != 0) {
    throw std::runtime_error(fmt::format(
        "{} is not a directory of yours alone: give --socket, or set TAPSWITCH_SOCKET or "
        "XDG_RUNTIME_DIR",
        directory));
  }
  return true;
}

}  // namespace

SocketEnvironment socket_environment() {
  return {.socket = variable("TAPSWITCH_SOCKET"),
          .runtime_dir = variable("XDG_RUNTIME_DIR"),
          .uid = outer_uid()};
}

std::string private_directory(uid_t uid) { return fmt::format("/tmp/tapswitch-{}", uid); }

void make_private_directory(const std::string& path, uid_t uid) {
  const std::string directory = private_directory(uid);
  if (path != directory + socket_name) {
    return;
  }
  constexpr mode_t for_us_alone = S_IRWXU;
  if (mkdir(directory.c_str(), for_us_alone) != 0 && !is_there(directory)) {
    throw std::runtime_error(fmt::format("cannot make {}: {}", directory, std::strerror(errno)));
  }
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
    return std::string("/run/tapswitch") + socket_name;
  }
  if (environment.runtime_dir) {
    return *environment.runtime_dir + "/tapswitch" + socket_name;
  }
  const std::string directory = private_directory(environment.uid);
  (void)is_there(directory);
  return directory + socket_name;
}

}  // namespace tapswitch::server
