// SPDX-License-Identifier: Apache-2.0
// usage_error.hpp: a command line that tapctl cannot make sense of; its text says what is wrong,
// and which command's help would help.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace tapswitch::tapctl {

class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& text, std::string command = {})
      : std::runtime_error(text), command_(std::move(command)) {}

  // "port add"; empty if it did not come to that.
  [[nodiscard]] const std::string& command() const { return command_; }

 private:
  std::string command_;
};

}  // namespace tapswitch::tapctl
