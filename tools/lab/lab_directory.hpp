// SPDX-License-Identifier: Apache-2.0
// lab_directory.hpp: knows where labs keep their things, and sees to it that one tapctl at a time
// works on a lab.
//
// Not below /run/tapswitch: that directory belongs to the service's user, who could put there what
// root would then obey.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::lab {

// Whom a directory of ours lets in.
constexpr mode_t directory_mode = 0750;

// /run/tapswitch-labs for root, $XDG_RUNTIME_DIR/tapswitch-labs for others. Throws Failure if it
// is not theirs alone (safe_directory.hpp); lab_directory() too.
[[nodiscard]] std::string labs_directory();

[[nodiscard]] std::string lab_directory(const std::string& name);
[[nodiscard]] std::string control_socket(const std::string& directory);
[[nodiscard]] std::string logs_directory(const std::string& directory);

// The names of the labs that have a directory, in order.
[[nodiscard]] std::vector<std::string> lab_names();

// The directory of a lab, made if 'makes', and locked until it goes.
class LockedDirectory {
 public:
  // Throws Failure if another tapctl has it, and keeps it for a second. Without 'makes', a lab that
  // is not there gives one that is not open.
  LockedDirectory(std::string path, bool makes);

  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  // With all that is in it; once.
  void remove();

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace tapswitch::lab
