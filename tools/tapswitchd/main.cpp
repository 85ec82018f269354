// SPDX-License-Identifier: Apache-2.0
// tapswitchd: one switch, or several, and a socket to control them by. This file takes what is to
// be had at the start, gives up the rights for it, and runs the daemon (daemon.hpp).
#include <malloc.h>
#include <nss.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "control/rpc/printable.hpp"
#include "control/server/socket_path.hpp"
#include "switch/system/slow_call.hpp"
#include "switch/system/standard_descriptors.hpp"
#include "tools/tapswitchd/daemon.hpp"
#include "tools/tapswitchd/entrances.hpp"
#include "tools/tapswitchd/hand_over.hpp"
#include "tools/tapswitchd/options.hpp"
#include "tools/tapswitchd/rights.hpp"
#include "tools/tapswitchd/service_manager.hpp"
#include "tools/tapswitchd/system_calls.hpp"

namespace tapswitch::daemon {
namespace {

namespace asio = boost::asio;

constexpr int usage_status = 2;

// Has the end of the terminal end the daemon, unless it was started to stay (nohup).
void heed_hang_up(asio::signal_set& signals) {
  struct sigaction before {};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    signals.add(SIGHUP);
  }
}

// Returns whether 'file' has the text. Who has closed its other end has read what he wanted.
bool write(const std::string& text, std::FILE* file) {
  return (std::fputs(text.c_str(), file) >= 0 && std::fflush(file) == 0) || errno == EPIPE;
}

// Returns 'status' when the reason is told, if anybody can be told.
int fail(int status, std::string_view why, std::string_view advice = {}) {
  (void)write(fmt::format("tapswitchd: {}\n{}", rpc::printable_lines(why), advice), stderr);
  return status;
}

int answer(const Answer& answer) {
  return write(answer.text, stdout)
             ? EXIT_SUCCESS
             : fail(EXIT_FAILURE, fmt::format("cannot write: {}", std::strerror(errno)));
}

// Has names of hosts be looked up in /etc/hosts alone. A filter of a capture may have one, and a
// name server may take its time, or be reached by what the filter of system calls lets through.
void ask_no_name_server() { (void)::__nss_configure_lookup("hosts", "files"); }

int run(int argc, const char* const* argv) {
  try {
    const Options options = parse_options(argc, argv);
    ServiceManager manager;
    events::EventHub events;
    asio::io_context io{1};
    // From here on a signal ends it in good order.
    asio::signal_set signals(io, SIGINT, SIGTERM);
    heed_hang_up(signals);
    // First the right to run at all; then no more rights than that, before there is a second
    // thread.
    std::vector<PassedSocket> sockets = manager.take_sockets();
    std::optional<Predecessor> predecessor;
    if (options.takes_over) {
      predecessor.emplace(server::socket_path(options.socket, server::socket_environment()));
      sockets = predecessor->take_sockets();
    }
    Entrances entrances = open_entrances(io, options, std::move(sockets));
    raise_descriptor_limit();
    std::optional<Daemon::OpenedPath> path;
    if (options.has_kernel_path) {
      path.emplace(KernelPath::open());
    }
    SflowSockets sflow_sockets = SflowSockets::open();
    drop_capabilities(options.config.has_value());
    if (options.is_confined) {
      refuse_other_system_calls();
    }
    SlowCall::start();
    Daemon daemon(events, io, signals, options, std::move(entrances), manager,
                  predecessor ? &*predecessor : nullptr, std::move(path), std::move(sflow_sockets));
    daemon.run();
    return EXIT_SUCCESS;
  } catch (const Answer& asked_for) {
    return answer(asked_for);
  } catch (const UsageError& error) {
    return fail(usage_status, error.what(), "Try 'tapswitchd --help'.\n");
  } catch (const std::exception& error) {
    return fail(EXIT_FAILURE, error.what());
  }
}

}  // namespace
}  // namespace tapswitch::daemon

int main(int argc, char** argv) {
  tapswitch::occupy_standard_descriptors();
  // A client that goes away is a failed write, not the end of the daemon; so is a file that grows
  // beyond `ulimit -f`.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Memory of large replies goes back to the kernel when they are sent. Without a fixed threshold
  // the first of them raises it, and those of many sessions leave a heap full of holes.
  constexpr int large = 128 * 1024;
  (void)mallopt(M_MMAP_THRESHOLD, large);
  tapswitch::daemon::ask_no_name_server();
  return tapswitch::daemon::run(argc, argv);
}
