// SPDX-License-Identifier: Apache-2.0
#include "tests/support/hung_file_system.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <utility>

namespace tapswitch::test {

// The kernel sends its first question to the server and waits for the answer with all others.
HungFileSystem::HungFileSystem(std::string path)
    : path_(std::move(path)), server_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
  const std::string options =
      fmt::format("fd={},rootmode=40000,user_id=0,group_id=0", server_.get());
  is_mounted_ = server_.is_open() && ::unshare(CLONE_NEWNS) == 0 &&
                ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                ::mkdir(path_.c_str(), 0700) == 0 &&
                ::mount("hung", path_.c_str(), "fuse", 0, options.c_str()) == 0;
}

HungFileSystem::~HungFileSystem() {
  server_.reset();
  if (is_mounted_) {
    ::umount2(path_.c_str(), MNT_DETACH);
  }
}

}  // namespace tapswitch::test
