// SPDX-License-Identifier: Apache-2.0
#include "switch/system/socket_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "switch/system/own_sockets.hpp"
#include "switch/system/shortage.hpp"

namespace tapswitch {
namespace {

KernelError cannot_make(int number, std::string_view call, const std::string& path,
                        std::string_view hint = {}) {
  return {.number = number,
          .call = std::string(call),
          .action = "make",
          .object = fmt::format("socket '{}'", path),
          .hint = std::string(hint),
          .missing = {}};
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

UniqueFd open_in(const SocketLocation& location) noexcept {
  return UniqueFd(
      ::openat(location.directory->get(), location.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

bool look_at(const SocketLocation& location, struct stat& status) noexcept {
  return ::fstatat(location.directory->get(), location.name.c_str(), &status,
                   AT_SYMLINK_NOFOLLOW) == 0;
}

// Whether it is a socket of ours that is no other's of this process.
bool is_new(const struct stat& status) noexcept {
  return S_ISSOCK(status.st_mode) && status.st_uid == ::geteuid() && !is_own_socket_file(status);
}

// The way back if what was bound cannot be opened.
void remove_new(const SocketLocation& location) noexcept {
  struct stat status {};
  if (look_at(location, status) && is_new(status)) {
    ::unlinkat(location.directory->get(), location.name.c_str(), 0);
  }
}

}  // namespace

UniqueFd open_bound(int socket, const SocketLocation& location) noexcept {
  UniqueFd bound(::ioctl(socket, open_bound_file));
  if (bound.is_open()) {
    return bound;
  }
  UniqueFd found = open_in(location);
  struct stat status {};
  const bool is_ours = found.is_open() && ::fstat(found.get(), &status) == 0 && is_new(status);
  return is_ours ? std::move(found) : UniqueFd();
}

KernelResult<void> remove_stale(int type, const SocketLocation& location) {
  const UniqueFd found = open_in(location);
  struct stat status {};
  if (!found.is_open() || ::fstat(found.get(), &status) != 0) {
    return {};  // if it is there even so, bind() says what is wrong
  }
  if (!S_ISSOCK(status.st_mode)) {
    return cannot_make(EEXIST, "bind", location.path, "a file that is no socket is not replaced");
  }
  const PeerSocket probe = PeerSocket::open(AF_UNIX, type | SOCK_NONBLOCK);
  if (!probe.is_open()) {
    return cannot_make(errno, "socket", location.path);
  }
  const SocketAddress itself = address_of_open(found.get());
  if (::connect(probe.get(), itself.get(), itself.size()) == 0 || errno != ECONNREFUSED) {
    return cannot_make(EADDRINUSE, "bind", location.path, "a program has it open");
  }
  struct stat present {};
  if (look_at(location, present) && is_same(present, status) &&
      ::unlinkat(location.directory->get(), location.name.c_str(), 0) != 0 && errno != ENOENT) {
    return cannot_make(errno, "unlink", location.path);
  }
  return {};
}

KernelResult<SocketLocation> SocketLocation::of_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  UniqueFd opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) {
    return cannot_make(errno, "bind", path);
  }
  return SocketLocation{.directory = std::make_shared<const UniqueFd>(std::move(opened)),
                        .name = path.substr(slash + 1),
                        .path = path};
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : made_(std::exchange(other.made_, {})),
      look_(std::move(other.look_)),
      was_there_(other.was_there_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    made_ = std::exchange(other.made_, {});
    look_ = std::move(other.look_);
    was_there_ = other.was_there_;
  }
  return *this;
}

SocketFile::~SocketFile() { remove(); }

KernelResult<SocketFile> SocketFile::bind(int socket, int type, const SocketLocation& location,
                                          const FileAccess& access) {
  if (location.name.size() > SocketLocation::most_name_size) {
    return cannot_make(
        ENAMETOOLONG, "bind", location.path,
        fmt::format("the name of its file has at most {} bytes", SocketLocation::most_name_size));
  }
  if (const auto removed = remove_stale(type, location); !removed) {
    return removed.error();
  }
  const auto address = SocketAddress::of_path(
      fmt::format("/proc/self/fd/{}/{}", location.directory->get(), location.name));
  // The file gets the mode that the socket has: at no moment is it open to more than it should.
  if (::fchmod(socket, 0600) != 0 || ::bind(socket, address->get(), address->size()) != 0) {
    return cannot_make(errno, "bind", location.path);
  }
  const UniqueFd made = open_bound(socket, location);
  struct stat status {};
  if (!made.is_open() || ::fstat(made.get(), &status) != 0) {
    const int error = errno;
    remove_new(location);
    return is_shortage(error) ? cannot_make(error, "open", location.path)
                              : cannot_make(EBUSY, "open", location.path,
                                            "somebody has put another file in its place");
  }
  SocketFile file;
  file.made_ = {.location = location, .device = status.st_dev, .inode = status.st_ino};
  add_own_socket_file(status.st_dev, status.st_ino);
  if (const auto given = give_access(made.get(), access, access.file_mode(),
                                     fmt::format("socket '{}'", location.path));
      !given) {
    return given.error();
  }
  return file;
}

// The socket and the file that a thread has made.
struct SocketFile::Making {
  void carry_out() noexcept {
    try {
      made = make_it();
    } catch (const std::bad_alloc&) {
      made = kernel_error(ENOMEM, "bind", "make", "a socket", {});
    }
  }

  [[nodiscard]] KernelResult<BoundSocket> make_it() const {
    PeerSocket socket = PeerSocket::open(AF_UNIX, type | SOCK_NONBLOCK);
    if (!socket.is_open()) {
      return cannot_make(errno, "socket", path);
    }
    const auto location = SocketLocation::of_path(path);
    if (!location) {
      return location.error();
    }
    auto file = bind(socket.get(), type, *location, access);
    if (!file) {
      return file.error();
    }
    return BoundSocket{.socket = std::move(socket), .file = std::move(*file)};
  }

  int type;
  std::string path;
  FileAccess access;
  KernelResult<BoundSocket> made = KernelError();
};

KernelResult<BoundSocket> SocketFile::make(int type, const std::string& path,
                                           const FileAccess& access) {
  SlowTask<Making> making(SlowCall::Party::of_path(path),
                          {.type = type, .path = path, .access = access}, nullptr);
  if (!making.wait(patience)) {
    return cannot_make(ETIMEDOUT, "bind", path, "the file system does not answer");
  }
  return std::move(making.task().made);
}

bool SocketFile::Made::is_there() const noexcept {
  struct stat status {};
  return location.directory == nullptr ||
         (look_at(location, status) && status.st_dev == device && status.st_ino == inode);
}

void SocketFile::Made::remove() const noexcept {
  if (is_there()) {
    ::unlinkat(location.directory->get(), location.name.c_str(), 0);
  }
}

bool SocketFile::was_there() const noexcept {
  return look_ != nullptr && look_->is_done() ? look_->task().is_there : was_there_;
}

void SocketFile::look() noexcept {
  if (made_.location.directory == nullptr || (look_ != nullptr && !look_->is_done())) {
    return;
  }
  was_there_ = was_there();
  look_.reset();
  try {
    look_ = std::make_unique<SlowTask<Look>>(SlowCall::Party::of_path(path()), Look{.made = made_},
                                             nullptr);
  } catch (const std::bad_alloc&) {
    // The next look tells.
  }
}

void SocketFile::remove() noexcept {
  if (made_.location.directory == nullptr) {
    return;
  }
  look_.reset();
  try {
    SlowCall::carry_out(
        SlowCall::Party::of_path(path()), [made = made_] { made.remove(); }, patience_at_end);
  } catch (const std::bad_alloc&) {
    made_.remove();
  }
  remove_own_socket_file(made_.device, made_.inode);
  made_ = {};
}

UniqueFd open_foreign_socket(const std::string& path, int flags) noexcept {
  UniqueFd file(::open(path.c_str(), O_PATH | O_CLOEXEC | flags));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    errno = ENOTSOCK;
    return {};
  }
  if (is_own_socket_file(status)) {
    errno = ELOOP;
    return {};
  }
  return file;
}

SocketAddress address_of_open(int file) {
  return *SocketAddress::of_path(fmt::format("/proc/self/fd/{}", file));
}

KernelResult<void> give_access(int file, const FileAccess& access, mode_t mode,
                               const std::string& object) {
  constexpr auto unchanged = static_cast<uid_t>(-1);
  const auto failed = [&object](std::string_view call, std::string_view hint = {}) {
    return KernelError{.number = errno,
                       .call = std::string(call),
                       .action = "make",
                       .object = object,
                       .hint = std::string(hint),
                       .missing = errno == EPERM ? "CAP_CHOWN" : ""};
  };
  if (access.group && ::fchownat(file, "", unchanged, *access.group, AT_EMPTY_PATH) != 0) {
    return failed("fchownat", "to give it to a group you must be in it, or have CAP_CHOWN");
  }
  // fchmod() knows no descriptors that only say where a file is.
  if (::chmod(fmt::format("/proc/self/fd/{}", file).c_str(), mode) != 0) {
    return failed("chmod");
  }
  if (access.owner && ::fchownat(file, "", *access.owner, unchanged, AT_EMPTY_PATH) != 0) {
    return failed("fchownat", "to give it to another user needs CAP_CHOWN");
  }
  return {};
}

}  // namespace tapswitch
