// SPDX-License-Identifier: Apache-2.0
#include "control/server/path_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "switch/system/process_status.hpp"

namespace tapswitch::server {
namespace {

[[noreturn]] void fail(const std::string& file, const char* what) {
  throw std::runtime_error(fmt::format("cannot {} '{}': {}", what, file, std::strerror(errno)));
}

// How long the end of a process may take whose ports the kernel has yet to close.
constexpr std::chrono::seconds longest_end{5};
constexpr std::chrono::milliseconds look_interval{20};

// Returns an empty text while its owner is starting.
std::string read_pid(const UniqueFd& fd) {
  std::array<char, 16> text{};
  const ssize_t size = pread(fd.get(), text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  pid.erase(pid.find_last_not_of('\n') + 1);
  return pid;
}

// Returns whether that process is dead, or its first thread is: then what it has open is closed
// when its other threads have come to their end.
bool is_ending(const std::string& pid) {
  if (pid.empty()) {
    return false;
  }
  const auto number = static_cast<pid_t>(std::atoi(pid.c_str()));
  const auto status = process_status(number);
  return status ? status->is_ending() : ::kill(number, 0) != 0 && errno == ESRCH;
}

// Waits for an owner that is ending.
void take_lock(const UniqueFd& fd, const std::string& file, const std::string& path) {
  const auto end = std::chrono::steady_clock::now() + longest_end;
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      fail(file, "lock");
    }
    const std::string pid = read_pid(fd);
    if (!is_ending(pid) || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(fmt::format("already running, pid {} has the socket '{}'",
                                           pid.empty() ? "unknown (it is starting)" : pid, path));
    }
    std::this_thread::sleep_for(look_interval);
  }
}

// Whether 'fd' is the file that 'file' names now: its last owner may just have removed it.
bool is_same(const UniqueFd& fd, const std::string& file) {
  struct stat opened {};
  struct stat present {};
  return fstat(fd.get(), &opened) == 0 && stat(file.c_str(), &present) == 0 &&
         opened.st_ino == present.st_ino && opened.st_dev == present.st_dev;
}

// The file will be written: whoever may make links in the directory shall not choose another of
// ours for that.
void check_is_ordinary(const UniqueFd& fd, const std::string& file) {
  struct stat status {};
  if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1) {
    throw std::runtime_error(fmt::format(
        "'{}' is no ordinary file, or has other names: remove it, or choose another path", file));
  }
}

}  // namespace

PathLock::PathLock(const std::string& path) : file_(path + ".lock") {
  do {
    fd_ =
        UniqueFd(open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
    if (fd_.get() < 0) {
      fail(file_, "open");
    }
    check_is_ordinary(fd_, file_);
    take_lock(fd_, file_, path);
  } while (!is_same(fd_, file_));
  try {
    claim();
  } catch (...) {
    unlink(file_.c_str());
    throw;
  }
}

PathLock::PathLock(const std::string& path, UniqueFd locked)
    : file_(path + ".lock"), fd_(std::move(locked)) {}

void PathLock::claim() {
  is_ours_ = true;
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd_.get(), 0) != 0 ||
      pwrite(fd_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    fail(file_, "write");
  }
}

PathLock::~PathLock() {
  if (is_ours_) {
    unlink(file_.c_str());
  }
}

}  // namespace tapswitch::server
