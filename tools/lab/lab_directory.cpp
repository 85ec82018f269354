// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/lab_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "control/config/schema.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/log_keeper.hpp"
#include "tools/lab/safe_directory.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::chrono::seconds lock_timeout{1};

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) {
    fail("make " + path);
  }
}

std::string given_directory() {
  if (geteuid() == 0) {
    // A user who is root within a lab's namespaces has labs where the user has them.
    const char* given = std::getenv("TAPSWITCH_LABS");
    return given != nullptr && *given != '\0' ? given : "/run/tapswitch-labs";
  }
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime == nullptr || *runtime == '\0') {
    throw Failure("no place for labs: set XDG_RUNTIME_DIR to a directory of yours, or be root");
  }
  return std::string(runtime) + "/tapswitch-labs";
}

// Waits a little: what a tapctl that was killed had just forked has its lock until it becomes the
// program that it is to be.
bool lock(int fd) {
  const auto end = std::chrono::steady_clock::now() + lock_timeout;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

// Whether 'fd' is still what 'path' leads to.
bool is_at(int fd, const std::string& path) {
  struct stat opened {};
  struct stat found {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &found) == 0 &&
         opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

}  // namespace

std::string labs_directory() {
  std::string directory = given_directory();
  require_safe_directory(directory);
  return directory;
}

std::string lab_directory(const std::string& name) {
  if (!config::is_name(name) || name == "." || name == "..") {
    throw Failure(fmt::format("'{}' is no name of a lab: 1 to 32 of A-Z a-z 0-9 . _ -", name));
  }
  std::string directory = labs_directory() + '/' + name;
  require_safe_directory(directory);
  return directory;
}

std::string control_socket(const std::string& directory) { return directory + "/control.sock"; }

std::string logs_directory(const std::string& directory) { return directory + "/logs"; }

std::vector<std::string> lab_names() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(labs_directory(), none)) {
    if (entry.is_directory(none)) {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

LockedDirectory::LockedDirectory(std::string path, bool makes) : path_(std::move(path)) {
  // Whoever had the lock may have removed the directory: then there is another, or none.
  while (!fd_.is_open() || !is_at(fd_.get(), path_)) {
    if (makes) {
      make_directory(labs_directory());
      make_directory(path_);
    }
    fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd_.is_open()) {
      if (errno == ENOENT) {
        if (!makes) {
          return;
        }
        continue;
      }
      fail("open " + path_);
    }
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0 || status.st_uid != geteuid()) {
      throw Failure(fmt::format("{} belongs to another user", path_));
    }
    if (!lock(fd_.get())) {
      throw Failure(fmt::format("another tapctl is at work on this lab ({} is locked)", path_));
    }
  }
}

void LockedDirectory::remove() {
  if (!fd_.is_open()) {
    return;
  }
  // A log keeper would put a last piece there.
  await_log_keepers(path_);
  // Whoever looks meanwhile sees no things that are not on record.
  for (const std::string& thing : {document_file(path_), control_socket(path_)}) {
    std::filesystem::remove(thing);
  }
  std::filesystem::remove_all(path_);
  fd_.reset();
  // The last lab takes the directory of all with it.
  ::rmdir(labs_directory().c_str());
}

}  // namespace tapswitch::lab
