// SPDX-License-Identifier: Apache-2.0
#include "switch/system/made_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace tapswitch {
namespace {

// An errno: 0 if nothing is in it, EBUSY if something is.
int fault_of_contents(int directory) noexcept {
  // With a descriptor of its own, which the end of reading takes along.
  UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const entries = ::fdopendir(again.get());
  if (entries == nullptr) {
    return errno;
  }
  (void)again.release();
  bool is_empty = true;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    is_empty = is_empty && (name == "." || name == "..");
  }
  ::closedir(entries);
  return is_empty ? 0 : EBUSY;
}

// Whether nobody but us can have made it, and put anything there.
bool is_ours_alone(const struct stat& status) noexcept {
  constexpr mode_t others = 0077;
  return S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & others) == 0;
}

int fault_of(int directory) noexcept {
  struct stat status {};
  if (directory < 0 || ::fstat(directory, &status) != 0) {
    return errno;
  }
  return is_ours_alone(status) ? fault_of_contents(directory) : EBUSY;
}

}  // namespace

UniqueFd open_made_directory(int parent, const std::string& name) noexcept {
  UniqueFd opened(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const int fault = fault_of(opened.get());
  if (fault == 0) {
    return opened;
  }
  opened.reset();
  struct stat status {};
  if (fault != EBUSY && ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      is_ours_alone(status)) {
    ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
  }
  errno = fault;
  return {};
}

}  // namespace tapswitch
