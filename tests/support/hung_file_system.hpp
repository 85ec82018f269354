// SPDX-License-Identifier: Apache-2.0
// hung_file_system.hpp: a file system that answers nobody, for as long as this exists: whoever
// looks a file up there waits. In a mount namespace of its own, which is also that of all threads
// that the test starts later. Needs root, and a kernel with FUSE.
#pragma once

#include <string>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

class HungFileSystem {
 public:
  // Makes the directory 'path' for it.
  explicit HungFileSystem(std::string path);
  HungFileSystem(const HungFileSystem&) = delete;
  HungFileSystem& operator=(const HungFileSystem&) = delete;
  // Whoever waits gets an error.
  ~HungFileSystem();

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_;
  UniqueFd server_;
  bool is_mounted_ = false;
};

}  // namespace tapswitch::test
