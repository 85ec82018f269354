// SPDX-License-Identifier: Apache-2.0
// options.hpp: the command line of tapswitchd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "control/metrics/address.hpp"

namespace tapswitch::daemon {

struct Options {
  std::optional<std::string> socket;
  std::optional<std::string> socket_group;
  std::optional<std::string> read_only_socket;
  std::optional<std::string> capture_group;
  std::optional<metrics::Address> metrics;
  std::size_t workers = 1;
  std::uint32_t busy_poll = 0;  // microseconds
  std::string log_level = "info";
  bool is_confined = true;            // to the system calls it makes
  std::vector<std::string> ports;     // to be opened on sw0 at the start
  std::optional<std::string> config;  // the startup file
  bool autosave = false;
  bool is_strict = false;  // no start unless all ports of the startup file can be opened
  bool has_kernel_path = false;
  bool takes_over = false;  // the network of the daemon that runs
};

// An answer is asked for instead of a daemon (help or the version), to be printed; the exit is 0.
struct Answer {
  std::string text;
};

// A command line that cannot be understood; the exit is 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One option, for the manual.
struct OptionHelp {
  std::string spelling;  // "--workers N (=1)"
  std::string text;
};

std::vector<OptionHelp> option_helps();

// Throws Answer or UsageError.
Options parse_options(int argc, const char* const* argv);

}  // namespace tapswitch::daemon
