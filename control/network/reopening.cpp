// SPDX-License-Identifier: Apache-2.0
#include "control/network/reopening.hpp"

#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tapswitch::network {

Reopening::Reopening(const Parts& parts, Open open) : parts_(parts), open_(std::move(open)) {}

bool Reopening::reopen_some(TimePoint now) {
  std::vector<RunningPort*> due;
  for (auto& [name, port] : parts_.inventory.ports()) {
    if (!port.is_lost || !config::is_to_reopen(port.spec.far_end)) {
      continue;
    }
    const auto attempt = attempts_.find(name);
    if (attempt == attempts_.end() || attempt->second.next <= now) {
      due.push_back(&port);
    }
  }
  const bool are_more = due.size() > most_at_once;
  if (are_more) {
    due.resize(most_at_once);
  }
  for (RunningPort* port : due) {
    Attempt& attempt = attempts_[port->spec.name];
    attempt.next = now + interval;
    reopen(*port, attempt);
  }
  return are_more;
}

void Reopening::reopen(RunningPort& port, Attempt& attempt) {
  OpenedPort opened;
  try {
    opened = open_(*port.home, port.spec);
    // The interface that has its name now may be another port's under a name that it had not.
    parts_.links.check_is_free({.spec = port.spec, .home = port.home, .port = opened.port.get()});
    if (!port.spec.has_carrier) {
      opened.end->set_plugged(false);
    }
    parts_.conditioning.replace(port, opened.port);
    port.end = std::move(opened.end);
  } catch (const std::exception& error) {
    (void)opened.end->put_back();
    if (std::exchange(attempt.refusal, error.what()) != error.what()) {
      parts_.announcer.tell_operator(
          fmt::format("port {} cannot be opened anew yet: {}", port.spec.name, error.what()));
    }
    return;
  }
  attempt.refusal.clear();
  parts_.links.regain(port);
  port.remarks = std::move(opened.remarks);
  parts_.announcer.tell_remarks(port);
  parts_.announcer.tell(port, port.state(port.seen) == "up" ? "up" : "down");
  parts_.wires.follow(*port.home);
}

}  // namespace tapswitch::network
