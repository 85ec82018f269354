// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/safe_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace {

namespace fs = std::filesystem;

// In a user namespace, who has no number there has this one (user_namespaces(7)).
constexpr uid_t nobody = 65534;

bool may_others_write(const struct stat& status) {
  const bool is_their_group = status.st_gid != ::getegid() && status.st_gid != 0;
  return (status.st_mode & S_IWOTH) != 0 || (is_their_group && (status.st_mode & S_IWGRP) != 0);
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
  throw Failure(fmt::format("{} is no safe place for labs: {}", path.string(), reason));
}

void require_safe_parent(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    refuse(path, std::strerror(errno));
  }
  const bool is_root = status.st_uid == 0 || (status.st_uid == nobody && !has_all_users());
  if (!is_root && status.st_uid != ::geteuid()) {
    refuse(path, "it belongs to another user");
  }
  if (may_others_write(status) && (status.st_mode & S_ISVTX) == 0) {
    refuse(path, "others may write to it");
  }
}

}  // namespace

void require_safe_directory(const std::string& path) {
  std::error_code none;
  fs::path parent = fs::weakly_canonical(fs::path(path).parent_path(), none);
  for (;; parent = parent.parent_path()) {
    if (fs::exists(parent, none)) {
      require_safe_parent(parent);
    }
    if (parent == parent.parent_path()) {
      break;
    }
  }
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
    if (errno == ENOENT) {
      return;
    }
    refuse(path, std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    refuse(path, S_ISLNK(status.st_mode) ? "it is a symbolic link" : "it is no directory");
  }
  if (status.st_uid != ::geteuid()) {
    refuse(path, "it belongs to another user");
  }
  if (may_others_write(status)) {
    refuse(path, "others may write to it");
  }
}

bool has_all_users() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  return (map >> inside >> outside >> count) && inside == 0 && count > nobody;
}

}  // namespace tapswitch::lab
