// SPDX-License-Identifier: Apache-2.0
// tapswitchdump: lists the ports of daemons and labs in Wireshark, and captures them there.
// Wireshark finds it in its extcap folder and runs it.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "control/client/client.hpp"
#include "control/server/socket_path.hpp"
#include "switch/capture/capture_filter.hpp"
#include "switch/capture/pcapng.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/command.hpp"
#include "tools/tapctl/capture/capture.hpp"
#include "tools/tapctl/capture/write_all.hpp"
#include "tools/tapctl/wireshark/extcap.hpp"

namespace tapswitch::tapctl {
namespace {

using client::Client;

constexpr const char* system_socket = "/run/tapswitch/control.sock";
constexpr const char* system_read_only_socket = "/run/tapswitch/readonly.sock";
constexpr unsigned longest_listing = 5;  // in seconds

constexpr const char* help =
    "tapswitchdump: captures of tapswitch's ports for Wireshark, which runs it from its folder\n"
    "~/.config/wireshark/extcap or that of the system (tshark -G folders). By hand: tapctl "
    "capture.\n";

std::string own_socket() { return server::socket_path(std::nullopt, server::socket_environment()); }

// Throws what Client throws, and what is wrong with a lab.
Client connect(const Source& source) {
  if (source.lab) {
    return Client::connect(lab::socket_of(*source.lab));
  }
  if (!source.is_system) {
    return Client::connect(own_socket());
  }
  try {
    return Client::connect(system_socket);
  } catch (const client::NoDaemon&) {
    return Client::connect(system_read_only_socket);
  }
}

// Whatever goes wrong with one of them: there are others.
void list_ports(const Source& daemon) {
  try {
    Client client = connect(daemon);
    std::fputs(
        lines_of_interfaces(daemon, client.call("port.list", Json::object()).at("ports")).c_str(),
        stdout);
    std::fflush(stdout);
  } catch (const std::exception&) {
  }
}

void list_interfaces() {
  std::fputs(introduction().c_str(), stdout);
  std::fflush(stdout);
  // A daemon that does not answer holds Wireshark up for no longer.
  ::alarm(longest_listing);
  list_ports({});
  if (own_socket() != system_socket) {
    list_ports({.is_system = true});
  }
  try {
    for (const std::string& name : lab::names()) {
      list_ports({.lab = name});
    }
  } catch (const std::exception&) {
  }
}

// Wireshark shows what is said; nothing is right.
void check_filter(const std::string& text) {
  try {
    const CaptureFilter filter(text);
  } catch (const std::invalid_argument& error) {
    std::fputs(fmt::format("{}\n", error.what()).c_str(), stdout);
  }
}

// Wireshark waits for the beginning of a file before it shows what went wrong.
void write_empty_capture() {
  std::string file;
  pcapng::add_section(file, "tapswitch");
  pcapng::add_interface(file, {.name = "tapswitch", .description = "", .snap_length = 0});
  write_all(STDOUT_FILENO, file, "fifo");
}

void capture_to_fifo(const ExtcapRequest& request) {
  const UniqueFd fifo(::open(request.fifo.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fifo.is_open() || ::dup2(fifo.get(), STDOUT_FILENO) < 0) {
    throw std::system_error(errno, std::generic_category(), request.fifo);
  }
  const Source source = parse_source(request.interface);
  Call call{.method = "capture", .params = request.params};
  call.params["write"] = "-";
  if (source.port) {
    call.params["ports"] = Json::array({*source.port});
  }
  if (!request.filter.empty()) {
    call.params["filter"] = request.filter;
  }
  std::optional<Client> client;
  try {
    client.emplace(connect(source));
  } catch (const std::exception&) {
    write_empty_capture();
    throw;
  }
  try {
    const Json became = capture(*client, call, [](const std::string& /*lines*/) {});
    // Wireshark takes whatever is said for an error.
    if (became["missed"] != 0 || !is_wished_end(became)) {
      std::fputs(fmt::format("tapswitchdump: {}\n", summary_of(became)).c_str(), stderr);
    }
  } catch (const client::Refused&) {
    write_empty_capture();
    throw;
  }
}

void answer(const ExtcapRequest& request) {
  switch (request.kind) {
    case ExtcapRequest::Kind::help:
      std::fputs(help, stdout);
      break;
    case ExtcapRequest::Kind::interfaces:
      list_interfaces();
      break;
    case ExtcapRequest::Kind::link_types:
      std::fputs(link_types().c_str(), stdout);
      break;
    case ExtcapRequest::Kind::options:
      std::fputs(options_text().c_str(), stdout);
      break;
    case ExtcapRequest::Kind::filter_check:
      check_filter(request.filter);
      break;
    case ExtcapRequest::Kind::capture:
      capture_to_fifo(request);
      break;
  }
}

}  // namespace
}  // namespace tapswitch::tapctl

int main(int argc, char** argv) {
  // Wireshark closes the pipe when it has enough, and a file may have a limit (`ulimit -f`): both
  // are failed writes.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    tapswitch::tapctl::answer(
        tapswitch::tapctl::parse_extcap({argv + std::min(argc, 1), argv + argc}));
    return 0;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("tapswitchdump: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
