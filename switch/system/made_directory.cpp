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

bool is_empty(int directory) noexcept {
  // With a descriptor of its own, which the end of reading takes along.
  UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const entries = ::fdopendir(again.get());
  if (entries == nullptr) {
    return false;
  }
  (void)again.release();
  bool is_empty = true;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    is_empty = is_empty && (name == "." || name == "..");
  }
  ::closedir(entries);
  return is_empty;
}

// Whether nobody but us can have made it, and put anything there.
bool is_as_made(int directory) noexcept {
  struct stat status {};
  constexpr mode_t others = 0077;
  return ::fstat(directory, &status) == 0 && status.st_uid == ::geteuid() &&
         (status.st_mode & others) == 0 && is_empty(directory);
}

}  // namespace

UniqueFd open_made_directory(int parent, const std::string& name) noexcept {
  UniqueFd opened(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened.is_open() && !is_as_made(opened.get())) {
    opened.reset();
    errno = EBUSY;
  }
  return opened;
}

}  // namespace tapswitch
