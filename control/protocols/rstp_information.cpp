// SPDX-License-Identifier: Apache-2.0
// rstp_information.cpp: the part of RstpBridge that takes in what is heard: port receive [17.23],
// protocol migration [17.24], bridge detection [17.25], port information [17.27], role selection
// [17.28].
#include <algorithm>

#include "control/protocols/rstp_bridge.hpp"

namespace tapswitch::protocols {
namespace {

constexpr std::uint32_t most_cost = 0xffff'ffff;

// A further hop adds a second, and what is a fraction of one is rounded [17.21.25].
Ticks age_behind(const TreeTimes& times) {
  const unsigned seconds = (times.message_age + ticks_a_second / 2U) / ticks_a_second + 1U;
  return static_cast<Ticks>(std::min(seconds, 255U) * ticks_a_second);
}

std::uint32_t add_costs(std::uint32_t one, std::uint32_t other) {
  return one > most_cost - other ? most_cost : one + other;
}

}  // namespace

// Requires: the port is enabled.
void RstpBridge::receive(RstpPort& port, const Bpdu& bpdu) {
  const bool is_rapid = bpdu.kind == Bpdu::Kind::rapid;
  port.rcvd_rstp = port.rcvd_rstp || is_rapid;
  port.rcvd_stp = port.rcvd_stp || !is_rapid;
  if (port.oper_edge) {
    port.oper_edge = false;
    touch();
  }
  port.edge_delay.start(now_, migrate_time);
  if (bpdu.kind == Bpdu::Kind::notification) {
    port.rcvd_tcn = true;
  } else if (bpdu.is_designated()) {
    receive_designated(port, bpdu);
  } else if (bpdu.vector >= port.port_priority) {
    // [17.21.9] of who hears us, and says so. While what we have to say is held back, what is
    // agreed to is older: in the standard two ports could each take the word of the other for it,
    // and both forward until the second is over.
    port.agreed =
        settings_.is_rapid && port.is_point_to_point() && bpdu.agreement && !port.new_info;
    port.proposing = port.proposing && !port.agreed;
    port.rcvd_tc = port.rcvd_tc || bpdu.topology_change;
    touch();
  }
}

// [17.21.8]
void RstpBridge::receive_designated(RstpPort& port, const Bpdu& bpdu) {
  const bool is_same = bpdu.vector == port.port_priority;
  const bool has_same_times = bpdu.times.bounded() == port.port_times;
  const bool is_superior = bpdu.vector < port.port_priority ||
                           (!is_same && bpdu.vector.is_from_where(port.port_priority)) ||
                           (is_same && !has_same_times && port.info == Info::received);
  if (!is_superior && !(is_same && port.info == Info::received)) {
    // Whoever says less, and lets frames in all the same, does not hear us [17.21.10].
    if (bpdu.kind == Bpdu::Kind::rapid && bpdu.learning) {
      port.disputed = true;
      port.agreed = false;
      touch();
    }
    return;
  }
  port.proposed = port.proposed || (bpdu.kind == Bpdu::Kind::rapid && bpdu.proposal);
  port.rcvd_tc = port.rcvd_tc || bpdu.topology_change;
  port.rcvd_tc_ack = port.rcvd_tc_ack || bpdu.acknowledgment;
  if (is_superior) {
    record_superior(port, bpdu);
  }
  start_received_info(port);
}

void RstpBridge::record_superior(RstpPort& port, const Bpdu& bpdu) {
  const bool is_no_worse = port.info == Info::received && bpdu.vector <= port.port_priority;
  port.agreed = false;
  port.proposing = false;
  port.agree = port.agree && is_no_worse;
  port.port_priority = bpdu.vector;
  port.port_times = bpdu.times.bounded();
  port.info = Info::received;
  port.reselect = true;
  port.selected = false;
  touch();
}

// [17.21.23]: three hellos, unless it is too old already.
void RstpBridge::start_received_info(RstpPort& port) const {
  if (age_behind(port.port_times) > port.port_times.max_age) {
    port.rcvd_info.stop();
  } else {
    port.rcvd_info.start(now_, 3 * to_time(port.port_times.hello));
  }
}

bool RstpBridge::step_migration(RstpPort& port) {
  using Migration = RstpPort::Migration;
  const auto become = [&](Migration next, bool sends_rstp) {
    port.migration = next;
    port.send_rstp = sends_rstp;
    port.mdelay.start(now_, migrate_time);
    touch();
    return true;
  };
  if (port.migration != Migration::sensing) {
    if (port.mdelay.is_running(now_) && port.is_enabled()) {
      return false;
    }
    if (!port.is_enabled() && port.migration == Migration::checking) {
      return false;
    }
    port.migration = Migration::sensing;
    port.rcvd_rstp = port.rcvd_stp = false;
    return true;
  }
  if (!port.is_enabled() || (settings_.is_rapid && !port.send_rstp && port.rcvd_rstp)) {
    return become(Migration::checking, settings_.is_rapid);
  }
  return port.send_rstp && port.rcvd_stp && become(Migration::selecting, false);
}

bool RstpBridge::step_edge(RstpPort& port) {
  bool is_edge = port.oper_edge;
  if (!port.is_enabled()) {
    is_edge = port.settings.admin_edge;
  } else if (!is_edge) {
    is_edge = port.settings.auto_edge && !port.edge_delay.is_running(now_) && port.send_rstp &&
              port.proposing;
  }
  if (is_edge == port.oper_edge) {
    return false;
  }
  port.oper_edge = is_edge;
  touch();
  return true;
}

bool RstpBridge::step_information(RstpPort& port) {
  const auto age = [&] {
    port.info = Info::aged;
    port.reselect = true;
    port.selected = false;
    touch();
    return true;
  };
  if (!port.is_enabled()) {
    if (port.info == Info::disabled) {
      return false;
    }
    disable(port);
    return true;
  }
  if (port.info == Info::disabled) {
    return age();
  }
  if (port.selected && port.updt_info) {
    const bool is_no_worse =
        port.info == Info::mine && port.designated_priority <= port.port_priority;
    port.proposing = port.proposed = false;
    port.agreed = port.agreed && is_no_worse;
    port.synced = port.synced && port.agreed;
    port.port_priority = port.designated_priority;
    port.port_times = port.designated_times;
    port.updt_info = false;
    port.info = Info::mine;
    port.new_info = true;
    touch();
    return true;
  }
  const bool is_old =
      port.info == Info::received && !port.rcvd_info.is_running(now_) && !port.updt_info;
  return is_old && age();
}

void RstpBridge::disable(RstpPort& port) {
  port.proposing = port.proposed = port.agree = port.agreed = port.disputed = false;
  port.rcvd_info.stop();
  port.edge_delay.stop();
  port.info = Info::disabled;
  port.reselect = true;
  port.selected = false;
  port.new_info = false;
  touch();
}

// [17.21.25]
void RstpBridge::select_roles() {
  PriorityVector best{.root = id(), .cost = 0, .bridge = id(), .port = 0};
  const RstpPort* root = nullptr;
  const auto path_of = [](const RstpPort& port) {
    PriorityVector path = port.port_priority;
    path.cost = add_costs(path.cost, port.path_cost());
    return path;
  };
  for (auto& [number, port] : ports_) {
    port.reselect = false;
    const bool may_be_root = port.info == Info::received && !port.settings.root_guard &&
                             port.port_priority.bridge.address() != address_;
    if (!may_be_root) {
      continue;
    }
    const PriorityVector path = path_of(port);
    if (path < best || (root != nullptr && path == best && port.id() < root->id())) {
      best = path;
      root = &port;
    }
  }
  root_priority_ = best;
  root_times_ = own_times();
  root_port_.reset();
  if (root != nullptr) {
    root_port_ = root->number;
    root_times_ = root->port_times;
    root_times_.message_age = age_behind(root->port_times);
  }
  for (auto& [number, port] : ports_) {
    port.is_held_off = port.settings.root_guard && port.info == Info::received &&
                       port.port_priority.bridge.address() != address_ && path_of(port) < best;
    select_role(port);
    port.selected = true;
  }
}

void RstpBridge::select_role(RstpPort& port) {
  port.designated_priority = {
      .root = root_priority_.root, .cost = root_priority_.cost, .bridge = id(), .port = port.id()};
  port.designated_times = root_times_;
  port.designated_times.hello = own_times().hello;
  port.updt_info = false;
  switch (port.info) {
    case Info::disabled:
      port.selected_role = RstpRole::disabled;
      return;
    case Info::aged:
      port.selected_role = RstpRole::designated;
      port.updt_info = true;
      return;
    case Info::mine:
      port.selected_role = RstpRole::designated;
      port.updt_info = port.port_priority != port.designated_priority ||
                       port.port_times != port.designated_times;
      return;
    case Info::received:
      break;
  }
  if (root_port_ == port.number) {
    port.selected_role = RstpRole::root;
  } else if (port.designated_priority < port.port_priority) {
    port.selected_role = RstpRole::designated;
    port.updt_info = true;
  } else {
    const bool is_own = port.port_priority.bridge.address() == address_;
    port.selected_role = is_own ? RstpRole::backup : RstpRole::alternate;
  }
}

}  // namespace tapswitch::protocols
