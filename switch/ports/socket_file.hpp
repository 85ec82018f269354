// SPDX-License-Identifier: Apache-2.0
// socket_file.hpp: the file at which a Unix socket of ours is found by others, from its making to
// its removal.
//
// A file that is there already is replaced only if it is a socket that nobody has open any more;
// whatever else it is stays, and is an error. When this goes, it removes the file unless another
// has taken its place.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "switch/ports/kernel_error.hpp"
#include "switch/ports/socket_address.hpp"

namespace tapswitch {

// Who may use a file besides us: its owner, with a group those in it, or whom the mode lets.
struct FileAccess {
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  std::optional<mode_t> mode;

  // What the file's mode is to be. To use a socket is to write to it.
  [[nodiscard]] mode_t file_mode() const { return mode.value_or(group ? 0660 : 0600); }
};

class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

  // Binds 'socket', of the given type, to the path.
  [[nodiscard]] static KernelResult<SocketFile> bind(int socket, int type,
                                                     const SocketAddress& address,
                                                     const FileAccess& access);

 private:
  void remove() noexcept;

  std::string path_;  // empty: there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace tapswitch
