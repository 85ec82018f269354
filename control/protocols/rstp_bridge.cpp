// SPDX-License-Identifier: Apache-2.0
#include "control/protocols/rstp_bridge.hpp"

#include <algorithm>
#include <utility>

namespace tapswitch::protocols {
RstpBridge::RstpBridge(const RstpSettings& settings, MacAddress address)
    : settings_(settings), address_(address) {
  root_priority_ = {.root = id(), .cost = 0, .bridge = id(), .port = 0};
  root_times_ = own_times();
}

TreeTimes RstpBridge::own_times() const {
  const auto ticks = [](std::chrono::seconds time) {
    return static_cast<Ticks>(time.count() * ticks_a_second);
  };
  return {.message_age = 0,
          .max_age = ticks(settings_.max_age),
          .hello = ticks(settings_.hello),
          .forward_delay = ticks(settings_.forward_delay)};
}

// [17.20.5]
std::chrono::milliseconds RstpBridge::forward_delay(const RstpPort& port) {
  return to_time(port.send_rstp ? port.designated_times.hello
                                : port.designated_times.forward_delay);
}

void RstpBridge::set(const RstpSettings& settings, TimePoint now) {
  now_ = now;
  if (settings == settings_) {
    return;
  }
  const bool has_other_version = settings.is_rapid != settings_.is_rapid;
  settings_ = settings;
  for (auto& [number, port] : ports_) {
    if (has_other_version) {
      port.migration = RstpPort::Migration::checking;
      port.send_rstp = settings_.is_rapid;
      port.mdelay.start(now_, migrate_time);
    }
  }
  reselect_all();
}

void RstpBridge::set_address(MacAddress address, TimePoint now) {
  now_ = now;
  if (std::exchange(address_, address) != address) {
    reselect_all();
  }
}

void RstpBridge::reselect_all() {
  select_roles();
  touch();
  settle();
}

void RstpBridge::add(PortNumber number, const RstpPortSettings& settings, const RstpLink& link,
                     TimePoint now) {
  now_ = now;
  RstpPort& port = ports_[number];
  port.number = number;
  port.settings = settings;
  port.link = link;
  port.oper_edge = settings.admin_edge;
  port.send_rstp = settings_.is_rapid;
  port.designated_times = own_times();
  port.edge_delay.start(now_, migrate_time);
  port.mdelay.start(now_, migrate_time);
  port.reselect = true;
  touch();
  settle();
}

void RstpBridge::remove(PortNumber number, TimePoint now) {
  now_ = now;
  if (ports_.erase(number) > 0) {
    reselect_all();
  }
}

void RstpBridge::set(PortNumber number, const RstpPortSettings& settings, TimePoint now) {
  now_ = now;
  const auto found = ports_.find(number);
  if (found == ports_.end() || found->second.settings == settings) {
    return;
  }
  RstpPort& port = found->second;
  const RstpPortSettings before = std::exchange(port.settings, settings);
  if (!settings.bpdu_guard) {
    port.is_shut = false;
  }
  // A port that has heard a bridge is no edge, whatever its user says.
  if (settings.admin_edge != before.admin_edge && port.info != Info::received) {
    port.oper_edge = settings.admin_edge;
  }
  port.reselect = true;
  port.selected = false;
  touch();
  settle();
}

void RstpBridge::set(PortNumber number, const RstpLink& link, TimePoint now) {
  now_ = now;
  const auto found = ports_.find(number);
  if (found == ports_.end() || found->second.link == link) {
    return;
  }
  RstpPort& port = found->second;
  const bool comes = link.is_up && !port.link.is_up;
  port.link = link;
  port.is_shut = port.is_shut && !comes && link.is_up;
  if (comes) {
    port.edge_delay.start(now_, migrate_time);
    port.mdelay.start(now_, migrate_time);
  }
  port.reselect = true;
  port.selected = false;
  touch();
  settle();
}

void RstpBridge::on_frame(PortNumber number, std::span<const std::byte> frame, TimePoint now) {
  now_ = now;
  const auto found = ports_.find(number);
  if (found == ports_.end()) {
    return;
  }
  RstpPort& port = found->second;
  const auto bpdu = read_bpdu(frame);
  if (!bpdu) {
    ++port.invalid;
    return;
  }
  ++port.received;
  if (!port.is_enabled()) {
    return;
  }
  if (port.settings.bpdu_guard) {
    port.is_shut = true;
    outcome_.events.push_back({RstpEvent::Kind::bpdu_guard, number});
    touch();
  } else {
    receive(port, *bpdu);
  }
  port.next = now_;
  settle();
}

void RstpBridge::on_tick(TimePoint now) {
  now_ = now;
  settle();
}

std::optional<TimePoint> RstpBridge::next_tick() const {
  TimePoint next = TimePoint::max();
  for (const auto& [number, port] : ports_) {
    next = std::min(next, port.next);
  }
  return next == TimePoint::max() ? std::nullopt : std::optional(next);
}

const RstpPort* RstpBridge::find(PortNumber number) const {
  const auto found = ports_.find(number);
  return found == ports_.end() ? nullptr : &found->second;
}

// [17.20.3]
bool RstpBridge::all_synced() {
  if (synced_as_of_ != changes_) {
    is_all_synced_ = std::ranges::all_of(ports_, [](const auto& each) {
      const RstpPort& port = each.second;
      return port.is_settled() && port.role == port.selected_role &&
             (port.synced || port.role == RstpRole::root);
    });
    synced_as_of_ = changes_;
  }
  return is_all_synced_;
}

// [17.20.10]
bool RstpBridge::is_rerooted(const RstpPort& but) {
  return std::ranges::none_of(ports_, [&](const auto& each) {
    return &each.second != &but && each.second.is_recent_root(now_);
  });
}

// Nothing is sent before all have settled: an agreement says that they have. Whatever has roles
// selected anew touches, too: where nothing did, only ports that are due are looked at.
void RstpBridge::settle() {
  const bool are_all_due = seen_changes_ != changes_;
  bool was_whole = false;
  std::vector<RstpPort*> due;
  do {
    const bool is_whole = are_all_due || seen_changes_ != changes_;
    was_whole = was_whole || is_whole;
    seen_changes_ = changes_;
    for (auto& [number, port] : ports_) {
      if (is_whole || port.next <= now_) {
        run(port);
        due.push_back(&port);
      }
    }
    if ((is_whole || seen_changes_ != changes_) &&
        std::ranges::any_of(ports_, [](const auto& each) { return each.second.reselect; })) {
      select_roles();
      touch();
    }
  } while (seen_changes_ != changes_);
  const auto finish = [this](RstpPort& port) {
    while (step_transmit(port)) {
    }
    tell(port);
    find_next(port);
  };
  if (!was_whole) {
    std::ranges::for_each(due, [&](RstpPort* port) { finish(*port); });
    return;
  }
  for (auto& [number, port] : ports_) {
    finish(port);
  }
}

void RstpBridge::run(RstpPort& port) {
  port.next = now_;  // it is to be told of
  while (step(port)) {
  }
}

bool RstpBridge::step(RstpPort& port) {
  return step_recent_root(port) || step_information(port) || step_migration(port) ||
         step_edge(port) || step_role(port) || step_state(port) || step_change(port);
}

// Other ports wait for the end of this time.
bool RstpBridge::step_recent_root(RstpPort& port) {
  if (port.rr.is_stopped() || port.rr.is_running(now_)) {
    return false;
  }
  port.rr.stop();
  touch();
  return true;
}

// Tells what is other than it was.
void RstpBridge::tell(RstpPort& port) {
  const RstpState state = port.state();
  if (state != port.told_state) {
    outcome_.states.emplace_back(port.number, state);
    outcome_.events.push_back({RstpEvent::Kind::state, port.number});
    port.told_state = state;
  }
  if (port.role != port.told_role) {
    outcome_.events.push_back({RstpEvent::Kind::role, port.number});
    port.told_role = port.role;
  }
  if (port.is_held_off != port.is_told_held_off) {
    outcome_.events.push_back(
        {port.is_held_off ? RstpEvent::Kind::root_guard : RstpEvent::Kind::root_guard_over,
         port.number});
    port.is_told_held_off = port.is_held_off;
  }
}

// Finds when a timer ends that anything depends on.
void RstpBridge::find_next(RstpPort& port) const {
  port.next = TimePoint::max();
  if (!port.is_enabled()) {
    return;
  }
  const auto wait_for = [&](const RstpTimer& timer) {
    if (timer.is_running(now_)) {
      port.next = std::min(port.next, timer.end());
    }
  };
  wait_for(port.rcvd_info);
  wait_for(port.rr);
  wait_for(port.rb);
  wait_for(port.tc);
  if (port.has_active_role() && !port.forward) {
    wait_for(port.fd);
  }
  if (port.migration != RstpPort::Migration::sensing) {
    wait_for(port.mdelay);
  }
  if (!port.oper_edge && port.settings.auto_edge && port.proposing) {
    wait_for(port.edge_delay);
  }
  if (port.role == RstpRole::designated ||
      (port.role == RstpRole::root && port.tc.is_running(now_))) {
    wait_for(port.hello);
  }
  if (port.new_info && port.tx_count >= settings_.hold_count) {
    port.next = std::min(port.next, port.tx_release);
  }
}

}  // namespace tapswitch::protocols
