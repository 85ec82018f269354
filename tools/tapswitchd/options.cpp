// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/options.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "switch/engine/worker.hpp"
#include "tools/version.hpp"

namespace tapswitch::daemon {

namespace po = boost::program_options;

namespace {

constexpr std::uint32_t longest_busy_poll = 10'000;
constexpr std::array<std::string_view, 6> log_levels = {"trace",   "debug", "info",
                                                        "warning", "error", "off"};

constexpr std::string_view introduction =
    "tapswitchd: a virtual Ethernet switch for TAP devices, controlled with tapctl.\n"
    "\n"
    "Usage: tapswitchd [OPTION]...\n"
    "\n"
    "Runs in the foreground until Ctrl-C, with one switch called sw0.\n"
    "\n";

po::options_description describe(Options& options) {
  po::options_description description("Options");
  description.add_options()  //
      ("socket", po::value<std::string>()->value_name("PATH"),
       "the control socket; default: $TAPSWITCH_SOCKET, else /run/tapswitch/control.sock for root, "
       "$XDG_RUNTIME_DIR/tapswitch/control.sock for others")  //
      ("socket-group", po::value<std::string>()->value_name("GROUP"),
       "the group whose members may use the control socket")  //
      ("socket-readonly", po::value<std::string>()->value_name("PATH"),
       "a second socket, open to everybody, by which nothing can be changed")  //
      ("workers", po::value(&options.workers)->value_name("N")->default_value(options.workers),
       "threads that forward frames")  //
      ("busy-poll",
       po::value(&options.busy_poll)->value_name("MICROSECONDS")->default_value(options.busy_poll),
       "how long a port is polled after a frame, so that the next need not wake a thread; takes up "
       "to a core")  //
      ("port", po::value(&options.ports)->value_name("NAME")->composing(),
       "open a TAP of this name on sw0; may be given many times")  //
      ("log-level",
       po::value(&options.log_level)->value_name("LEVEL")->default_value(options.log_level),
       "trace, debug, info, warning, error or off; goes to stderr")  //
      ("help,h", "print this")("version,V", "print the version");
  return description;
}

std::optional<std::string> text(const po::variables_map& values, const char* name) {
  return values.contains(name) ? std::optional(values[name].as<std::string>()) : std::nullopt;
}

void check(const Options& options) {
  if (options.workers < 1 || options.workers > WorkerPool::max_count) {
    throw UsageError(fmt::format("--workers: {} is out of range (1..{})", options.workers,
                                 WorkerPool::max_count));
  }
  if (options.busy_poll > longest_busy_poll) {
    throw UsageError(fmt::format("--busy-poll: {} is out of range (0..{} microseconds)",
                                 options.busy_poll, longest_busy_poll));
  }
  if (std::find(log_levels.begin(), log_levels.end(), options.log_level) == log_levels.end()) {
    throw UsageError(fmt::format("--log-level: '{}' is none of {}", options.log_level,
                                 fmt::join(log_levels, ", ")));
  }
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  Options options;
  const po::options_description description = describe(options);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv)
                  .options(description)
                  .positional(po::positional_options_description())
                  .run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  if (values.contains("help")) {
    std::ostringstream help;
    help << introduction << description;
    throw Answer{help.str()};
  }
  if (values.contains("version")) {
    throw Answer{fmt::format("tapswitchd {}\n", version)};
  }
  options.socket = text(values, "socket");
  options.socket_group = text(values, "socket-group");
  options.read_only_socket = text(values, "socket-readonly");
  check(options);
  return options;
}

}  // namespace tapswitch::daemon
