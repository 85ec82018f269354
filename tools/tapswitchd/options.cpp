// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/options.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "control/api/log_book.hpp"
#include "control/config/schema.hpp"
#include "switch/engine/worker_pool.hpp"
#include "tools/tapswitchd/startup.hpp"
#include "tools/version.hpp"

namespace tapswitch::daemon {

namespace po = boost::program_options;

namespace {

constexpr std::int64_t longest_busy_poll = 10'000;
using api::log_levels;

constexpr std::string_view introduction =
    "tapswitchd: a virtual Ethernet switch for TAP devices, controlled with tapctl.\n"
    "\n"
    "Usage: tapswitchd [OPTION]...\n"
    "\n"
    "Runs in the foreground until Ctrl-C, with one switch called sw0.\n"
    "\n";

// Takes a whole number of that range, in 'unit', into 'target'.
template <typename Number>
po::typed_value<std::int64_t>* whole(std::string_view option, Number& target, std::int64_t least,
                                     std::int64_t most, std::string_view unit = {}) {
  return po::value<std::int64_t>()
      ->default_value(static_cast<std::int64_t>(target))
      ->notifier([=, &target](auto given) {
        if (given < least || given > most) {
          throw UsageError(
              fmt::format("--{}: {} is out of range ({}..{}{})", option, given, least, most, unit));
        }
        target = static_cast<Number>(given);
      });
}

po::options_description describe(Options& options) {
  po::options_description description("Options");
  description.add_options()  //
      ("socket", po::value<std::string>()->value_name("PATH"),
       "the control socket; default: $TAPSWITCH_SOCKET, else /run/tapswitch/control.sock for root, "
       "$XDG_RUNTIME_DIR/tapswitch/control.sock for others, or /tmp/tapswitch-UID/control.sock")  //
      ("socket-group", po::value<std::string>()->value_name("GROUP"),
       "the group whose members may use the control socket")  //
      ("socket-readonly", po::value<std::string>()->value_name("PATH"),
       "a second socket, open to everybody, by which nothing can be changed")  //
      ("capture-group", po::value<std::string>()->value_name("GROUP"),
       "the group whose members may capture frames by the read-only socket")  //
      ("metrics", po::value<std::string>()->value_name("ADDRESS"),
       "serve metrics for Prometheus on ADDRESS:PORT, on :PORT for this machine alone, or on "
       "unix:PATH")  //
      ("workers", whole("workers", options.workers, 1, WorkerPool::max_count)->value_name("N"),
       "threads that forward frames")  //
      ("busy-poll",
       whole("busy-poll", options.busy_poll, 0, longest_busy_poll, " microseconds")
           ->value_name("MICROSECONDS"),
       "how long a port is polled after a frame, so that the next need not wake a thread; takes up "
       "to a core")  //
      ("port", po::value(&options.ports)->value_name("NAME")->composing(),
       "open a TAP of this name on sw0; may be given many times")  //
      ("config", po::value<std::string>()->value_name("FILE"),
       "begin with the ports of this document; config.save writes to it")  //
      ("autosave", po::bool_switch(&options.autosave),
       "save each change to the --config file before it is answered; a file that does not exist is "
       "made")  //
      ("strict", po::bool_switch(&options.is_strict),
       "do not start unless all ports of the --config file can be opened; else one that cannot is "
       "lost until it can be")  //
      ("takeover", po::bool_switch(&options.takes_over),
       "take everything over from the daemon that answers on the control socket, and let it end: "
       "TAPs stay up, frames go on")                                                   //
      ("check-config", "say what is wrong with the --config file, and end")            //
      ("check-kernel-path", "say whether there can be a --kernel-path here, and end")  //
      ("print-schema", "print the JSON Schema of the document, and end")               //
      ("log-level",
       po::value(&options.log_level)->value_name("LEVEL")->default_value(options.log_level),
       "trace, debug, info, warning, error or off; goes to stderr, or to the journal if that is "
       "stderr")  //
      ("kernel-path", po::bool_switch(&options.has_kernel_path),
       "forward known unicast between veths and interfaces in the kernel, where it can be done")  //
      ("no-seccomp",
       "leave the daemon all system calls; else it has those that it needs, and no others")  //
      ("help,h", "print this")("version,V", "print the version");
  return description;
}

std::optional<std::string> text(const po::variables_map& values, const char* name) {
  return values.contains(name) ? std::optional(values[name].as<std::string>()) : std::nullopt;
}

std::optional<metrics::Address> address(const po::variables_map& values, const char* name) {
  const auto given = text(values, name);
  if (!given) {
    return std::nullopt;
  }
  try {
    return metrics::parse_address(*given);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--{}: {}", name, error.what()));
  }
}

void check(const Options& options, const po::variables_map& values) {
  if (!options.config &&
      (options.autosave || options.is_strict || values.contains("check-config"))) {
    throw UsageError("--autosave, --strict and --check-config need --config FILE");
  }
  if (options.config && !options.ports.empty()) {
    throw UsageError("--port and --config exclude each other: the file says which ports there are");
  }
  if (std::find(log_levels.begin(), log_levels.end(), options.log_level) == log_levels.end()) {
    throw UsageError(fmt::format("--log-level: '{}' is none of {}", options.log_level,
                                 fmt::join(log_levels, ", ")));
  }
}

}  // namespace

std::vector<OptionHelp> option_helps() {
  Options options;
  std::vector<OptionHelp> helps;
  const po::options_description description = describe(options);
  for (const auto& option : description.options()) {
    const std::string value = option->format_parameter();
    helps.push_back(
        {"--" + option->long_name() + (value.empty() ? "" : ' ' + value), option->description()});
  }
  return helps;
}

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
  options.capture_group = text(values, "capture-group");
  options.is_confined = !values.contains("no-seccomp");
  options.metrics = address(values, "metrics");
  options.config = text(values, "config");
  check(options, values);
  if (values.contains("print-schema")) {
    throw Answer{config::printed_schema().dump(2) + '\n'};
  }
  if (values.contains("check-kernel-path")) {
    throw Answer{check_kernel_path()};
  }
  if (values.contains("check-config")) {
    throw Answer{check_config(*options.config)};
  }
  return options;
}

}  // namespace tapswitch::daemon
