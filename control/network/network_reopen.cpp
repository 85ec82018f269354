// SPDX-License-Identifier: Apache-2.0
// network_reopen.cpp: the part of Network that opens ports anew whose device is gone.
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/network/network.hpp"

namespace tapswitch::network {

namespace {

constexpr std::chrono::seconds reopen_interval{1};

// To open a port takes the kernel some milliseconds, and others wait meanwhile.
constexpr std::size_t reopened_at_once = 4;

}  // namespace

void Network::reopen_lost(TimePoint now) {
  if (has_let_go_) {
    return;
  }
  std::vector<RunningPort*> due;
  for (auto& [name, port] : ports_) {
    if (port.is_lost && port.reopen_after <= now && config::is_to_reopen(port.spec.far_end)) {
      due.push_back(&port);
    }
  }
  if (due.size() > reopened_at_once) {
    due.resize(reopened_at_once);
    post_([this, alive = std::weak_ptr(alive_), now] {
      if (!alive.expired()) {
        reopen_lost(now);
      }
    });
  }
  for (RunningPort* port : due) {
    port->reopen_after = now + reopen_interval;
    reopen(*port);
  }
}

void Network::reopen(RunningPort& port) {
  OpenedPort opened;
  try {
    opened = open_end({.network = *this, .home = *port.home, .spec = port.spec});
    // The interface that has its name now may be another port's under a name that it had not.
    links_.check_is_free({.spec = port.spec, .home = port.home, .port = opened.port.get()});
    if (!port.spec.has_carrier) {
      opened.end->set_plugged(false);
    }
    Port* const reopened = opened.port.get();
    value_or_refuse(port.home->engine->replace_port(port.index, opened.port));
    port.port = reopened;
    port.end = std::move(opened.end);
  } catch (const std::exception& error) {
    (void)opened.end->put_back();
    // Said once, however often it is tried.
    if (std::exchange(port.reopen_refusal, error.what()) != error.what()) {
      announcer_.tell_operator(
          fmt::format("port {} cannot be opened anew yet: {}", port.spec.name, error.what()));
    }
    return;
  }
  port.reopen_refusal.clear();
  links_.regain(port);
  port.remarks = std::move(opened.remarks);
  announcer_.tell_remarks(port);
  announcer_.tell(port, port.state(port.seen) == "up" ? "up" : "down");
  wires_.follow(*port.home);
}

}  // namespace tapswitch::network
