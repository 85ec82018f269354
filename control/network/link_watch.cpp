// SPDX-License-Identifier: Apache-2.0
#include "control/network/link_watch.hpp"

#include <utility>

namespace tapswitch::network {

LinkWatch::LinkWatch(const Announcer& announcer) {
  if (auto monitor = LinkMonitor::open()) {
    monitor_.emplace(std::move(*monitor));
  } else {
    announcer.tell_operator("changes of interfaces are noticed once a second only: " +
                            monitor.error().message());
  }
}

std::optional<int> LinkWatch::listen_to(const RunningPort& port) {
  if (monitor_) {
    if (const auto name_space = port.port->open_name_space()) {
      return monitor_->listen_to(name_space->get());
    }
  }
  return std::nullopt;
}

int LinkWatch::assign(RunningPort& port, std::optional<int> name_space) {
  LinkStatus now = port.port->link();
  port.is_look_due = now.shortage != 0;
  if (port.is_look_due) {
    return now.shortage;
  }
  forget(port);
  port.seen = std::move(now);
  if (name_space && port.seen.index != 0) {
    port.link_key = {.name_space = *name_space, .index = port.seen.index};
    assign(*port.link_key, port.spec.name, false);
  }
  if (const auto near = monitor_ ? port.port->near_index() : std::nullopt) {
    assign({.index = *near}, port.spec.name, true);
  }
  return 0;
}

void LinkWatch::assign(const LinkKey& key, const std::string& port, bool is_near) {
  keys_[port].push_back(key);
  owners_[key] = {.port = port, .is_near = is_near};
}

void LinkWatch::forget(RunningPort& port) noexcept {
  forget(port.spec.name);
  port.link_key.reset();
}

void LinkWatch::forget(const std::string& port) noexcept {
  const auto keys = keys_.find(port);
  if (keys == keys_.end()) {
    return;
  }
  for (const LinkKey& key : keys->second) {
    const auto owner = owners_.find(key);
    if (owner != owners_.end() && owner->second.port == port) {
      owners_.erase(owner);
    }
  }
  keys_.erase(keys);
}

const LinkWatch::Owner* LinkWatch::owner_of(const LinkKey& key) const {
  const auto found = owners_.find(key);
  return found == owners_.end() ? nullptr : &found->second;
}

LinkMonitor::Notices LinkWatch::take() {
  return monitor_ ? monitor_->take() : LinkMonitor::Notices{};
}

}  // namespace tapswitch::network
