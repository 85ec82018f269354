// SPDX-License-Identifier: Apache-2.0
#include "control/network/conditioning.hpp"

#include <exception>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/conditions/conditioned_port.hpp"

namespace tapswitch::network {
namespace {

// How often a worker is let work until what waits is left to a later look.
constexpr int most_rounds = 64;

std::unique_ptr<ConditionedPort> open_around(Port& inner, const PortConditions& wanted,
                                             const std::shared_ptr<WaitingRoom>& room) {
  return value_or_refuse(ConditionedPort::open(inner, wanted, room));
}

}  // namespace

Conditioning::Conditioning(Inventory& inventory, LetWork let_work)
    : inventory_(inventory), let_work_(std::move(let_work)) {}

void Conditioning::set(RunningPort& port, const PortConditions& wanted) {
  if (port.conditioned != nullptr) {
    port.conditioned->set(wanted);
    if (wanted.are_none()) {
      unwrap_if_clear(port);
    }
  } else if (!wanted.are_none() && port.port->queue_count() > 0) {
    wrap(port, wanted);
  }
}

void Conditioning::wrap(RunningPort& port, const PortConditions& wanted) {
  auto around = open_around(*port.port, wanted, room_);
  ConditionedPort* const conditioned = around.get();
  std::unique_ptr<Port> next = std::move(around);
  value_or_refuse(port.home->engine->replace_port(port.index, next));
  conditioned->own(std::move(next));
  port.conditioned = conditioned;
}

// For want of memory or of descriptors it stays where it is, and passes everything.
void Conditioning::unwrap_if_clear(RunningPort& port) {
  for (int round = 0; round < most_rounds && !port.conditioned->is_clear(); ++round) {
    let_work_(port);
  }
  if (!port.conditioned->is_clear()) {
    return;
  }
  std::unique_ptr<Port> inner = port.conditioned->release();
  try {
    value_or_refuse(port.home->engine->replace_port(port.index, inner));
    port.conditioned = nullptr;
  } catch (const std::exception&) {
    port.conditioned->own(std::move(inner));
  }
}

void Conditioning::put_around(RunningPort& port, std::unique_ptr<Port>& opened) {
  if (port.spec.conditions.are_none() || opened->queue_count() == 0) {
    port.conditioned = nullptr;
    return;
  }
  auto around = open_around(*opened, port.spec.conditions, room_);
  port.conditioned = around.get();
  around->own(std::move(opened));
  opened = std::move(around);
}

std::unique_ptr<Port> Conditioning::take_off(RunningPort& port, std::unique_ptr<Port> taken) {
  ConditionedPort* const around = std::exchange(port.conditioned, nullptr);
  return around == nullptr ? std::move(taken) : around->release();
}

void Conditioning::replace(RunningPort& port, std::unique_ptr<Port>& next) {
  ConditionedPort* const before = port.conditioned;
  Port* const inner = next.get();
  put_around(port, next);
  try {
    value_or_refuse(port.home->engine->replace_port(port.index, next));
  } catch (...) {
    next = take_off(port, std::move(next));
    port.conditioned = before;
    throw;
  }
  port.port = inner;
  if (before != nullptr) {
    next = before->release();
  }
}

void Conditioning::tick() {
  for (auto& [name, port] : inventory_.ports()) {
    if (port.conditioned != nullptr && port.spec.conditions.are_none()) {
      unwrap_if_clear(port);
    }
  }
}

}  // namespace tapswitch::network
