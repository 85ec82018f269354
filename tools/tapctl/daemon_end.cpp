// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/daemon_end.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/types.h>

#include <fstream>
#include <string>
#include <utility>

#include "tools/lab/process.hpp"

namespace tapswitch::tapctl {
namespace {

UniqueFd process_of(client::Client& client) {
  const Json info = client.call("system.info", Json::object());
  const auto pid = info.at("pid").get<pid_t>();
  UniqueFd process = lab::open_process(pid);
  // Whoever has that number here may be another.
  std::string name;
  std::ifstream(fmt::format("/proc/{}/comm", pid)) >> name;
  return name == "tapswitchd" ? std::move(process) : UniqueFd();
}

}  // namespace

DaemonEnd::DaemonEnd(client::Client& client) : process_(process_of(client)) {}

bool DaemonEnd::wait(std::chrono::milliseconds patience) const {
  pollfd ended{.fd = process_.get(), .events = POLLIN, .revents = 0};
  return !process_.is_open() || ::poll(&ended, 1, static_cast<int>(patience.count())) == 1;
}

}  // namespace tapswitch::tapctl
