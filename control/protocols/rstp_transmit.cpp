// SPDX-License-Identifier: Apache-2.0
// rstp_transmit.cpp: the part of RstpBridge that tells others: topology change [17.31] and port
// transmit [17.26].
#include "control/protocols/rstp_bridge.hpp"

namespace tapswitch::protocols {
namespace {

// The hellos of ports are spread over so many moments, so that those of a thousand do not leave at
// once.
constexpr unsigned hello_moments = 16;

Bpdu::Role role_in_bpdu(RstpRole role) {
  switch (role) {
    case RstpRole::root:
      return Bpdu::Role::root;
    case RstpRole::designated:
      return Bpdu::Role::designated;
    case RstpRole::alternate:
    case RstpRole::backup:
      return Bpdu::Role::alternate_or_backup;
    case RstpRole::disabled:
      break;
  }
  return Bpdu::Role::unknown;
}

}  // namespace

bool RstpBridge::step_change(RstpPort& port) {
  using Change = RstpPort::Change;
  switch (port.change) {
    case Change::inactive:
      if (!port.learn) {
        return false;
      }
      port.change = Change::learning;
      port.rcvd_tc = port.rcvd_tcn = port.rcvd_tc_ack = port.tc_prop = false;
      return true;
    case Change::learning:
      if (port.has_active_role() && port.forward && !port.oper_edge) {
        port.change = Change::active;
        start_tc(port);
        propagate_tc(port);
        note_topology_change(port);
        port.new_info = true;
        return true;
      }
      if (port.rcvd_tc || port.rcvd_tcn || port.rcvd_tc_ack || port.tc_prop) {
        port.rcvd_tc = port.rcvd_tcn = port.rcvd_tc_ack = port.tc_prop = false;
        return true;
      }
      if (!port.has_active_role() && !port.learn && !port.learning) {
        port.change = Change::inactive;
        outcome_.flushes.push_back(port.number);
        port.tc.stop();
        port.tc_ack = false;
        return true;
      }
      return false;
    case Change::active:
      return step_active_change(port);
  }
  return false;
}

bool RstpBridge::step_active_change(RstpPort& port) {
  if (!port.has_active_role() || port.oper_edge) {
    port.change = RstpPort::Change::learning;
    port.rcvd_tc = port.rcvd_tcn = port.rcvd_tc_ack = port.tc_prop = false;
    return true;
  }
  if (port.rcvd_tcn || port.rcvd_tc) {
    if (port.rcvd_tcn) {
      start_tc(port);
    }
    port.rcvd_tcn = port.rcvd_tc = false;
    port.tc_ack = port.tc_ack || port.role == RstpRole::designated;
    propagate_tc(port);
    return true;
  }
  if (port.tc_prop) {
    start_tc(port);
    outcome_.flushes.push_back(port.number);
    port.tc_prop = false;
    return true;
  }
  if (port.rcvd_tc_ack) {
    port.tc.stop();
    port.rcvd_tc_ack = false;
    return true;
  }
  return false;
}

// [17.21.7]
void RstpBridge::start_tc(RstpPort& port) {
  if (port.tc.is_running(now_)) {
    return;
  }
  if (port.send_rstp) {
    port.tc.start(now_, to_time(port.designated_times.hello) + std::chrono::seconds(1));
    port.new_info = true;
  } else {
    port.tc.start(now_, to_time(port.designated_times.max_age) +
                            to_time(port.designated_times.forward_delay));
  }
}

// [17.21.18]: what is behind the other ports may be elsewhere now.
void RstpBridge::propagate_tc(RstpPort& from) {
  if (from.settings.restricted_tcn) {
    return;
  }
  for (auto& [number, port] : ports_) {
    port.tc_prop = port.tc_prop || &port != &from;
  }
  touch();
  // As long as one neighbour says so, it is one change.
  if (now_ - last_topology_change_ > hello_time() + std::chrono::seconds(1)) {
    note_topology_change(from);
  }
}

void RstpBridge::note_topology_change(const RstpPort& port) {
  if (now_ != last_topology_change_) {
    ++topology_changes_;
    outcome_.events.push_back({RstpEvent::Kind::topology_change, port.number});
  }
  last_topology_change_ = now_;
}

bool RstpBridge::step_transmit(RstpPort& port) {
  if (!port.is_enabled() || !port.is_settled()) {
    return false;
  }
  const bool says_hello = port.role == RstpRole::designated ||
                          (port.role == RstpRole::root && port.tc.is_running(now_));
  if (says_hello && !port.hello.is_running(now_)) {
    port.new_info = true;
    start_hello(port);
    return true;
  }
  while (port.tx_count > 0 && now_ >= port.tx_release) {
    --port.tx_count;
    port.tx_release += std::chrono::seconds(1);
  }
  if (!port.new_info || port.tx_count >= settings_.hold_count) {
    return false;
  }
  port.new_info = false;
  transmit(port);
  return true;
}

void RstpBridge::transmit(RstpPort& port) {
  Bpdu bpdu{.kind = Bpdu::Kind::rapid};
  if (!port.send_rstp) {
    const bool is_notification = port.role == RstpRole::root && port.tc.is_running(now_);
    if (!is_notification && port.role != RstpRole::designated) {
      return;
    }
    bpdu.kind = is_notification ? Bpdu::Kind::notification : Bpdu::Kind::configuration;
  }
  bpdu.role = bpdu.kind == Bpdu::Kind::rapid ? role_in_bpdu(port.role) : Bpdu::Role::unknown;
  bpdu.topology_change = port.tc.is_running(now_);
  bpdu.acknowledgment = port.tc_ack;
  bpdu.proposal = port.proposing;
  bpdu.agreement = port.agree;
  bpdu.learning = port.learning;
  bpdu.forwarding = port.forwarding;
  bpdu.vector = port.designated_priority;
  bpdu.times = port.designated_times;
  outcome_.frames.emplace_back(port.number, write_bpdu(bpdu, address_));
  ++port.sent;
  port.tc_ack = false;
  if (port.tx_count++ == 0) {
    port.tx_release = now_ + std::chrono::seconds(1);
  }
}

// Hellos leave at moments that are the port's own, at most a hello time from now.
void RstpBridge::start_hello(RstpPort& port) const {
  const auto period = hello_time();
  const auto moment = period * (to_word(port.number) % hello_moments) / hello_moments;
  const auto since = (now_.time_since_epoch() - moment) % period;
  port.hello.start(now_, period - std::chrono::duration_cast<std::chrono::milliseconds>(since));
}

}  // namespace tapswitch::protocols
