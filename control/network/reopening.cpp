// SPDX-License-Identifier: Apache-2.0
#include "control/network/reopening.hpp"

#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tapswitch::network {

Reopening::Reopening(const Parts& parts, Open open, Exchange exchange)
    : parts_(parts), open_(std::move(open)), exchange_(std::move(exchange)) {}

bool Reopening::reopen_some(TimePoint now) {
  std::vector<RunningPort*> due;
  for (auto& [name, port] : parts_.inventory.ports()) {
    if (!port.is_lost || !(port.is_awaited || config::is_to_reopen(port.spec.far_end))) {
      continue;
    }
    const auto next = next_.find(name);
    if (next == next_.end() || next->second <= now) {
      due.push_back(&port);
    }
  }
  const bool are_more = due.size() > most_at_once;
  if (are_more) {
    due.resize(most_at_once);
  }
  for (RunningPort* port : due) {
    next_[port->spec.name] = now + interval;
    reopen(*port);
  }
  return are_more;
}

void Reopening::reopen(RunningPort& port) {
  OpenedPort opened;
  try {
    opened = open_(*port.home, port.spec);
    // The interface that has its name now may be another port's under a name that it had not.
    parts_.links.check_is_free({.spec = port.spec, .home = port.home, .port = opened.port.get()});
    if (!port.spec.has_carrier) {
      opened.end->set_plugged(false);
    }
    exchange_(port, opened);
  } catch (const std::exception& error) {
    (void)opened.end->put_back();
    if (std::exchange(port.refusal, error.what()) != error.what()) {
      parts_.announcer.tell_operator(fmt::format("port {} cannot be opened{} yet: {}",
                                                 port.spec.name, port.is_awaited ? "" : " anew",
                                                 error.what()));
    }
    return;
  }
  port.refusal.clear();
  port.is_awaited = false;
  parts_.links.regain(port);
  parts_.announcer.tell_remarks(port);
  parts_.announcer.tell(port, port.state(port.seen) == "up" ? "up" : "down");
  parts_.wires.follow(*port.home);
}

}  // namespace tapswitch::network
