// SPDX-License-Identifier: Apache-2.0
#include "control/config/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::config {

using rpc::Error;
using rpc::ErrorKind;

namespace {

constexpr mode_t new_file_mode = 0644;

[[noreturn]] void refuse(const char* call, const char* action, const std::string& path) {
  const int number = errno;
  const bool is_permission = number == EACCES || number == EPERM || number == EROFS;
  const ErrorKind kind = number == ENOENT ? ErrorKind::not_found
                         : is_permission  ? ErrorKind::permission_denied
                                          : ErrorKind::kernel_refused;
  throw Error(
      kind, fmt::format("cannot {} '{}': {}", action, path, std::strerror(number)),
      {{"errno", number}, {"errno_name", errno_name(number)}, {"call", call}, {"object", path}});
}

[[noreturn]] void refuse_size(const std::string& path) {
  throw Error(ErrorKind::limit_reached,
              fmt::format("'{}' would be longer than {} bytes", path, most_document_bytes),
              {{"limit", most_document_bytes}, {"object", path}});
}

// Returns where links lead. A file that does not exist yet is where its name says.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      refuse("write", "write", path);
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

// Removes the unfinished file unless it has been renamed.
class Unfinished {
 public:
  Unfinished(int directory, const std::string& name) : directory_(directory), name_(name) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!is_finished_) {
      ::unlinkat(directory_, name_.c_str(), 0);
    }
  }

  void finish() { is_finished_ = true; }

 private:
  const int directory_;
  const std::string& name_;
  bool is_finished_ = false;
};

// Mode and owner of the file that 'fd' will replace.
void take_after(int fd, int directory, const std::string& name, const std::string& unfinished) {
  struct stat old {};
  if (::fstatat(directory, name.c_str(), &old, AT_SYMLINK_NOFOLLOW) != 0) {
    return;
  }
  // A user who may not give files away goes on as its owner. The mode comes last, as chown clears
  // bits.
  if (::fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) {
    refuse("fchown", "set the owner of", unfinished);
  }
  if (::fchmod(fd, old.st_mode & 07777) != 0) {
    refuse("fchmod", "set the mode of", unfinished);
  }
}

}  // namespace

bool Store::exists() const { return ::access(path_.c_str(), F_OK) == 0; }

std::string Store::read() const {
  // Without blocking: a pipe would keep us waiting for its writer.
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) {
    refuse("open", "read", path_);
  }
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0) {
    refuse("fstat", "read", path_);
  }
  if (!S_ISREG(file.st_mode)) {
    throw Error(ErrorKind::unsupported, fmt::format("'{}' is not a regular file", path_),
                {{"object", path_}});
  }
  if (std::cmp_greater(file.st_size, most_document_bytes)) {
    throw Error(ErrorKind::limit_reached,
                fmt::format("'{}' is longer than {} bytes, the most that is read", path_,
                            most_document_bytes),
                {{"limit", most_document_bytes}, {"object", path_}});
  }
  std::string text(static_cast<std::size_t>(file.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t taken = ::read(fd.get(), text.data() + size, text.size() - size);
    if (taken < 0 && errno != EINTR) {
      refuse("read", "read", path_);
    }
    if (taken == 0) {
      break;
    }
    size += taken < 0 ? 0 : static_cast<std::size_t>(taken);
  }
  text.resize(size);
  return text;
}

void Store::write(std::string_view text) const {
  if (text.size() > most_document_bytes) {
    refuse_size(path_);
  }
  const std::string path = resolved(path_);
  const std::string name = path.substr(path.rfind('/') + 1);
  // All is done in the directory to which the path leads now, whatever is put in its place.
  const UniqueFd directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string unfinished = name + ".new";
  if (directory.is_open()) {
    ::unlinkat(directory.get(), unfinished.c_str(), 0);  // of one who died
  }
  UniqueFd fd(directory.is_open()
                  ? ::openat(directory.get(), unfinished.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, new_file_mode)
                  : -1);
  if (!fd.is_open()) {
    refuse("open", "write", path + ".new");
  }
  Unfinished guard(directory.get(), unfinished);
  take_after(fd.get(), directory.get(), name, path + ".new");
  write_all(fd.get(), text, path + ".new");
  if (::fsync(fd.get()) != 0) {
    refuse("fsync", "write", path + ".new");
  }
  if (::renameat(directory.get(), unfinished.c_str(), directory.get(), name.c_str()) != 0) {
    refuse("rename", "replace", path);
  }
  guard.finish();
  if (::fsync(directory.get()) != 0) {
    refuse("fsync", "flush the directory of", path);
  }
}

}  // namespace tapswitch::config
