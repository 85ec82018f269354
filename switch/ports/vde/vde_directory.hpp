// SPDX-License-Identifier: Apache-2.0
// vde_directory.hpp: the directory of a VDE door. It is opened once: all that is made in it is made
// in that one, whatever its path leads to by then.
//
// One that was there stays as it is. One that is made is given to those who may use it only if it
// is ours and empty, which no other can be that somebody puts in its place; and it is removed again
// if it is empty then. open() may wait for the file system; the end leaves that to a thread that
// may, after what was in the directory.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "switch/system/kernel_error.hpp"
#include "switch/system/slow_call.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class VdeDirectory {
 public:
  VdeDirectory() = default;
  VdeDirectory(const VdeDirectory&) = delete;
  VdeDirectory& operator=(const VdeDirectory&) = delete;
  VdeDirectory(VdeDirectory&& other) noexcept = default;
  VdeDirectory& operator=(VdeDirectory&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(opened_, other.opened_);
    std::swap(made_, other.made_);
    return *this;
  }
  ~VdeDirectory();

  // Makes the directory if it is not there. A link to one is refused.
  [[nodiscard]] static KernelResult<VdeDirectory> open(const std::string& path,
                                                       const FileAccess& access);

  // Returns for whom calls about the directory at 'path', and what is in it, are made.
  [[nodiscard]] static SlowCall::Party party_of(const std::string& path);

  // Returns where a socket of that name is in it.
  [[nodiscard]] SocketLocation location_of(const std::string& name) const {
    return {.directory = opened_, .name = name, .path = path_ + '/' + name};
  }

 private:
  // A directory that we have made.
  struct Made {
    void remove() const noexcept;

    UniqueFd parent;
    std::string name;
    std::shared_ptr<const UniqueFd> opened = {};
  };

  std::string path_;
  std::shared_ptr<const UniqueFd> opened_;
  std::shared_ptr<Made> made_;  // null: it was there
};

}  // namespace tapswitch
