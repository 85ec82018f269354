// SPDX-License-Identifier: Apache-2.0
// rstp_roles.cpp: the part of RstpBridge that has ports follow their roles: port role transitions
// [17.29] and port state transition [17.30].
#include "control/protocols/rstp_bridge.hpp"

namespace tapswitch::protocols {

bool RstpBridge::step_role(RstpPort& port) {
  if (!port.is_settled()) {
    return false;
  }
  if (port.role != port.selected_role) {
    take_role(port);
    return true;
  }
  switch (port.role) {
    case RstpRole::disabled:
      return step_disabled(port);
    case RstpRole::root:
      return step_root(port);
    case RstpRole::designated:
      return step_designated(port);
    case RstpRole::alternate:
    case RstpRole::backup:
      return step_alternate(port);
  }
  return false;
}

// In the standard the timers that a role holds are set anew for as long as it lasts: here they
// begin to run when it ends.
void RstpBridge::take_role(RstpPort& port) {
  const auto delay = to_time(port.designated_times.forward_delay);
  switch (port.role) {
    case RstpRole::disabled:
      port.fd.start(now_, to_time(port.designated_times.max_age));
      break;
    case RstpRole::root:
      port.rr.start(now_, delay);
      break;
    case RstpRole::backup:
      port.rb.start(now_, 2 * to_time(port.designated_times.hello));
      port.fd.start(now_, delay);
      break;
    case RstpRole::alternate:
      port.fd.start(now_, delay);
      break;
    case RstpRole::designated:
      break;
  }
  port.role = port.selected_role;
  if (!port.has_active_role()) {
    port.learn = port.forward = false;
  }
  touch();
}

bool RstpBridge::step_disabled(RstpPort& port) {
  const bool is_done = port.synced && !port.sync && !port.re_root;
  if (port.learning || port.forwarding || is_done) {
    return false;
  }
  port.synced = true;
  port.sync = port.re_root = false;
  port.rr.stop();
  touch();
  return true;
}

bool RstpBridge::step_root(RstpPort& port) {
  const auto agree = [&] {
    port.proposed = port.sync = false;
    port.agree = true;
    port.new_info = true;
  };
  if (port.proposed && !port.agree) {
    set_sync_tree();
    port.proposed = false;
  } else if ((!port.agree && all_synced()) || (port.proposed && port.agree)) {
    agree();
  } else if (!port.forward && !port.re_root) {
    set_re_root_tree();
  } else if (port.re_root && port.forward) {
    port.re_root = false;
  } else if (!port.forward) {
    const bool may_go_on =
        !port.fd.is_running(now_) ||
        (settings_.is_rapid && !port.is_recent_backup(now_) && is_rerooted(port));
    if (!may_go_on) {
      return false;
    }
    if (port.learn) {
      port.fd.stop();
      port.forward = true;
    } else {
      port.fd.start(now_, forward_delay(port));
      port.learn = true;
    }
  } else {
    return false;
  }
  touch();
  return true;
}

bool RstpBridge::step_designated(RstpPort& port) {
  const bool must_stop =
      (port.sync && !port.synced) || (port.re_root && port.is_recent_root(now_)) || port.disputed;
  if (!port.forward && !port.agreed && !port.proposing && !port.oper_edge) {
    port.proposing = true;
    // How long there must be silence until nobody is there [17.20.4].
    port.edge_delay.start(
        now_, port.is_point_to_point() ? migrate_time : to_time(port.designated_times.max_age));
    port.new_info = true;
  } else if (!port.synced &&
             ((!port.learning && !port.forwarding) || port.agreed || port.oper_edge)) {
    port.rr.stop();
    port.synced = true;
    port.sync = false;
  } else if (port.sync && port.synced) {
    port.rr.stop();
    port.sync = false;
  } else if (port.re_root && !port.is_recent_root(now_)) {
    port.re_root = false;
  } else if (must_stop && !port.oper_edge && (port.learn || port.forward)) {
    port.learn = port.forward = port.disputed = false;
    port.fd.start(now_, forward_delay(port));
  } else if (!port.forward && !port.sync && (!port.re_root || !port.is_recent_root(now_)) &&
             (!port.fd.is_running(now_) || port.agreed || port.oper_edge)) {
    if (port.learn) {
      port.forward = true;
      port.fd.stop();
      port.agreed = port.send_rstp;
    } else {
      port.learn = true;
      port.fd.start(now_, forward_delay(port));
    }
  } else {
    return false;
  }
  touch();
  return true;
}

bool RstpBridge::step_alternate(RstpPort& port) {
  if (port.learning || port.forwarding) {
    return false;
  }
  if (port.proposed && !port.agree) {
    set_sync_tree();
    port.proposed = false;
  } else if (port.sync || port.re_root || !port.synced || !port.rr.is_stopped()) {
    port.synced = true;
    port.rr.stop();
    port.sync = port.re_root = false;
  } else if ((!port.agree && all_synced()) || (port.proposed && port.agree)) {
    port.proposed = false;
    port.agree = true;
    port.new_info = true;
  } else {
    return false;
  }
  touch();
  return true;
}

bool RstpBridge::step_state(RstpPort& port) {
  if (port.learning == port.learn && port.forwarding == port.forward) {
    return false;
  }
  port.learning = port.learn;
  port.forwarding = port.forward;
  touch();
  return true;
}

void RstpBridge::set_sync_tree() {
  for (auto& [number, port] : ports_) {
    port.sync = true;
  }
}

void RstpBridge::set_re_root_tree() {
  for (auto& [number, port] : ports_) {
    port.re_root = true;
  }
}

}  // namespace tapswitch::protocols
