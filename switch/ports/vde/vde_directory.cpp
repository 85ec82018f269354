// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include "switch/system/made_directory.hpp"

namespace tapswitch {
namespace {

KernelError no_directory(int number, std::string_view call, const std::string& directory,
                         std::string_view hint = {}) {
  return {.number = number,
          .call = std::string(call),
          .action = "open",
          .object = fmt::format("VDE directory '{}'", directory),
          .hint = std::string(hint),
          .missing = {}};
}

// Returns the mode of a directory whose sockets have 'mode': who may use these may also put his own
// there. Where that is everybody, none may take away another's.
mode_t directory_mode(mode_t mode) {
  constexpr mode_t may_read = 0444;
  constexpr mode_t may_write = 0222;
  constexpr mode_t everybody = 0002;
  const mode_t may_enter = (mode & may_read) >> 2 | (mode & may_write) >> 1;
  return mode | may_enter | ((mode & everybody) != 0 ? S_ISVTX : 0);
}

}  // namespace

SlowCall::Party VdeDirectory::party_of(const std::string& path) {
  return SlowCall::Party::of_path(path.substr(0, path.find_last_not_of('/') + 1) + '/');
}

KernelResult<VdeDirectory> VdeDirectory::open(const std::string& path, const FileAccess& access) {
  const std::string bare = path.substr(0, path.find_last_not_of('/') + 1);
  auto location = SocketLocation::of_path(bare);
  if (!location) {
    return no_directory(location.error().number, "open", path);
  }
  const int parent = location->directory->get();
  UniqueFd kept_parent(::fcntl(parent, F_DUPFD_CLOEXEC, 0));  // first, to remove what is made
  if (!kept_parent.is_open()) {
    return no_directory(errno, "open", path);
  }
  const bool is_made = ::mkdirat(parent, location->name.c_str(), 0700) == 0;
  if (!is_made && errno != EEXIST) {
    return no_directory(errno, "mkdir", path);
  }
  UniqueFd opened = is_made ? open_made_directory(parent, location->name)
                            : UniqueFd(::openat(parent, location->name.c_str(),
                                                O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) {
    return no_directory(errno, "open", path,
                        errno == EBUSY     ? "somebody has put another in its place"
                        : errno == ENOTDIR ? "what is there is no directory"
                                           : "");
  }
  VdeDirectory directory;
  directory.path_ = bare;
  directory.opened_ = std::make_shared<const UniqueFd>(std::move(opened));
  if (is_made) {
    directory.made_ = std::make_shared<Made>(Made{
        .parent = std::move(kept_parent), .name = location->name, .opened = directory.opened_});
    if (const auto given =
            give_access(directory.opened_->get(), access, directory_mode(access.file_mode()),
                        fmt::format("VDE directory '{}'", path));
        !given) {
      return given.error();
    }
  }
  return directory;
}

void VdeDirectory::Made::remove() const noexcept {
  struct stat ours {};
  struct stat present {};
  if (::fstat(opened->get(), &ours) == 0 &&
      ::fstatat(parent.get(), name.c_str(), &present, AT_SYMLINK_NOFOLLOW) == 0 &&
      ours.st_dev == present.st_dev && ours.st_ino == present.st_ino) {
    ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
  }
}

VdeDirectory::~VdeDirectory() {
  if (made_ == nullptr) {
    return;
  }
  try {
    SlowCall::carry_out(
        party_of(path_), [made = made_] { made->remove(); }, SocketFile::patience_at_end);
  } catch (const std::bad_alloc&) {
    made_->remove();
  }
}

}  // namespace tapswitch
