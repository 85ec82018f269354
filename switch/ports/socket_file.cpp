// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "switch/ports/peer_socket.hpp"
#include "switch/ports/unique_fd.hpp"

namespace tapswitch {
namespace {

KernelError cannot_make(int number, std::string_view call, const std::string& path,
                        std::string_view hint = {}) {
  return {.number = number,
          .call = std::string(call),
          .action = "make",
          .object = fmt::format("socket '{}'", path),
          .hint = std::string(hint),
          .missing = number == EPERM ? "CAP_CHOWN" : ""};
}

// Makes room for a socket at the path, if what is there is a socket that nobody has open.
KernelResult<void> remove_stale(int type, const SocketAddress& address) {
  const std::string& path = address.path();
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return cannot_make(EEXIST, "bind", path, "a file that is no socket is not replaced");
  }
  const PeerSocket probe = PeerSocket::open(AF_UNIX, type | SOCK_NONBLOCK);
  if (!probe.is_open()) {
    return cannot_make(errno, "socket", path);
  }
  if (::connect(probe.get(), address.get(), address.size()) == 0 || errno != ECONNREFUSED) {
    return cannot_make(EADDRINUSE, "bind", path, "a program has it open");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return cannot_make(errno, "unlink", path);
  }
  return {};
}

// The mode after the group, which must not let in those of ours; the owner last, for what belongs
// to another we cannot change any more.
KernelResult<void> give_access(int file, const std::string& path, const FileAccess& access) {
  constexpr auto unchanged = static_cast<uid_t>(-1);
  if (access.group) {
    if (::fchownat(file, "", unchanged, *access.group, AT_EMPTY_PATH) != 0) {
      return cannot_make(errno, "fchownat", path,
                         "to give it to a group you must be in it, or have CAP_CHOWN");
    }
  }
  if ((access.group || access.mode) &&
      ::chmod(fmt::format("/proc/self/fd/{}", file).c_str(), access.file_mode()) != 0) {
    return cannot_make(errno, "chmod", path);
  }
  if (access.owner && ::fchownat(file, "", *access.owner, unchanged, AT_EMPTY_PATH) != 0) {
    return cannot_make(errno, "fchownat", path, "to give it to another user needs CAP_CHOWN");
  }
  return {};
}

}  // namespace

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

SocketFile::~SocketFile() { remove(); }

KernelResult<SocketFile> SocketFile::bind(int socket, int type, const SocketAddress& address,
                                          const FileAccess& access) {
  const std::string& path = address.path();
  if (const auto removed = remove_stale(type, address); !removed) {
    return removed.error();
  }
  // The file gets the mode that the socket has: at no moment is it open to more than it should.
  if (::fchmod(socket, 0600) != 0 || ::bind(socket, address.get(), address.size()) != 0) {
    return cannot_make(errno, "bind", path);
  }
  SocketFile file;
  file.path_ = path;
  // Through a descriptor, so that no other file can be put in its place meanwhile.
  const UniqueFd made(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!made.is_open() || ::fstat(made.get(), &status) != 0) {
    return cannot_make(errno, "open", path);
  }
  file.device_ = status.st_dev;
  file.inode_ = status.st_ino;
  if (const auto given = give_access(made.get(), path, access); !given) {
    return given.error();
  }
  return file;
}

void SocketFile::remove() noexcept {
  struct stat status {};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace tapswitch
