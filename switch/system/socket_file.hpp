// SPDX-License-Identifier: Apache-2.0
// socket_file.hpp: the file at which a Unix socket of ours is found by others, from its making to
// its removal.
//
// Theory of operation: users with fewer rights than we have may own the directory, and exchange
// what is in it and what leads there at any moment. So the directory is opened once, and all that
// is done is done in that one; and what is given away is what was bound: the kernel is asked for
// the file of the socket (SIOCUNIXFILE), or, without CAP_NET_ADMIN, the one that is found must be a
// socket of ours and no other's of this process.
// A file that is there already is replaced only if it is a socket that nobody has open any more;
// whatever else it is stays, and is an error. When this goes, it removes the file unless another
// has taken its place.
//
// The file system may let whoever asks it wait, without bound. make(), look() and the end leave
// that to threads that may wait (slow_call.hpp), and what is asked of one directory is done in the
// order in which it was asked; all else here waits.
// Limits: the name in the directory has most_name_size bytes; make() waits for 'patience', the end
// for 'patience_at_end'. Threads: any; the list of the files of this process is behind a lock.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "switch/system/kernel_error.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_task.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// An access says who may use a file besides us: its owner, with a group those in it, or whom the
// mode lets.
struct FileAccess {
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  std::optional<mode_t> mode;

  // Returns what the file's mode is to be. To use a socket is to write to it.
  [[nodiscard]] mode_t file_mode() const { return mode.value_or(group ? 0660 : 0600); }
};

// A location says where the file of a socket is to be.
struct SocketLocation {
  static constexpr std::size_t most_name_size = 80;

  std::shared_ptr<const UniqueFd> directory;  // is open for as long as the file is there
  std::string name;                           // in it
  std::string path;                           // as users know it

  // Opens the directory to which the path leads now.
  [[nodiscard]] static KernelResult<SocketLocation> of_path(const std::string& path);
};

// The request is SIOCUNIXFILE of <linux/un.h>, which does not go with <sys/un.h>.
constexpr unsigned long open_bound_file = 0x89e0;

// The file to which 'socket' was bound there, opened (O_PATH). Nothing is open if it cannot be told
// from another in its place.
[[nodiscard]] UniqueFd open_bound(int socket, const SocketLocation& location) noexcept;

// Makes room for a socket of the given type, if what is there is a socket that nobody has open.
// EEXIST if it is no socket, EADDRINUSE if somebody has it open.
[[nodiscard]] KernelResult<void> remove_stale(int type, const SocketLocation& location);

struct BoundSocket;

class SocketFile {
 public:
  static constexpr std::chrono::milliseconds patience{1'000};
  static constexpr std::chrono::milliseconds patience_at_end{100};

  SocketFile() = default;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

  // Binds 'socket', of the given type, there.
  [[nodiscard]] static KernelResult<SocketFile> bind(int socket, int type,
                                                     const SocketLocation& location,
                                                     const FileAccess& access);

  // Binds a socket of the given type, which is made for it and does not block, at 'path'. ETIMEDOUT
  // if that is not done in time; what is made later goes again.
  [[nodiscard]] static KernelResult<BoundSocket> make(int type, const std::string& path,
                                                      const FileAccess& access);

  // The path as users know it; empty if there is no file.
  [[nodiscard]] const std::string& path() const { return made_.location.path; }

  // False: somebody has removed it, or put another in its place, so that nobody finds the socket.
  [[nodiscard]] bool is_there() const noexcept { return made_.is_there(); }

  // The same as it was found by the last look(); true before that.
  [[nodiscard]] bool was_there() const noexcept;
  // Begins to look whether it is there, unless that is still under way.
  void look() noexcept;

 private:
  // A file is told from all others by these.
  struct Made {
    [[nodiscard]] bool is_there() const noexcept;
    void remove() const noexcept;

    SocketLocation location;
    dev_t device = 0;
    ino_t inode = 0;
  };

  struct Look {
    void carry_out() noexcept { is_there = made.is_there(); }

    Made made;
    bool is_there = true;
  };

  struct Making;

  void remove() noexcept;

  Made made_;
  std::unique_ptr<SlowTask<Look>> look_;
  bool was_there_ = true;  // by the look before
};

struct BoundSocket {
  PeerSocket socket;
  SocketFile file;
};

// The socket file at 'path', opened (O_PATH); 'flags' more of open(2). Fails with ELOOP if it is a
// socket of this process, where what is sent would come back. Sets errno.
[[nodiscard]] UniqueFd open_foreign_socket(const std::string& path, int flags = 0) noexcept;

// The address of what is open (O_PATH), whatever is at its path by now.
[[nodiscard]] SocketAddress address_of_open(int file);

// Gives the open file or directory to those who may use it. The mode after the group, which must
// not let in those of ours; the owner last, for what belongs to another we cannot change any more.
// 'object' is for the error.
[[nodiscard]] KernelResult<void> give_access(int file, const FileAccess& access, mode_t mode,
                                             const std::string& object);

}  // namespace tapswitch
