// SPDX-License-Identifier: Apache-2.0
#include "control/network/punts.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tapswitch::network {

Punts::Punts(Inventory& inventory, Hear hear)
    : inventory_(inventory), hear_(std::move(hear)), bell_(std::make_shared<const Bell>()) {
  if (!bell_->is_open()) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
}

std::function<void()> Punts::take_up(const std::string& switch_name) {
  auto mark = std::make_shared<std::atomic<bool>>(false);
  marks_[switch_name] = mark;
  return [bell = bell_, mark] {
    mark->store(true);
    bell->ring();
  };
}

void Punts::take_rung() {
  bell_->silence();
  for (const auto& [name, mark] : marks_) {
    const auto home = inventory_.switches().find(name);
    if (mark->exchange(false) && home != inventory_.switches().end() && take_some(home->second)) {
      mark->store(true);
      bell_->ring();
    }
  }
}

bool Punts::take_some(RunningSwitch& home) {
  for (std::size_t taken = 0; taken < heard_at_once; ++taken) {
    const auto frame = home.engine->take_punted();
    if (!frame) {
      return false;
    }
    const std::string* const name = home.port_name(frame->port);
    const auto port = name == nullptr ? inventory_.ports().end() : inventory_.ports().find(*name);
    if (port != inventory_.ports().end()) {
      hear_(port->second, *frame);
    }
  }
  return true;
}

}  // namespace tapswitch::network
