// SPDX-License-Identifier: Apache-2.0
// network_plugs.cpp: the part of Network that unplugs ports and plugs them in again. A kind that
// has_plug() stays open and takes its far end the carrier; a port of another kind is closed, and
// until it is plugged in another stands in its place, by which nothing comes or leaves.
#include <exception>
#include <memory>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/network/network.hpp"
#include "control/network/undo.hpp"

namespace tapswitch::network {
namespace {

class UnpluggedPort final : public Port {
 public:
  [[nodiscard]] std::size_t queue_count() const noexcept override { return 0; }
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override { return -1; }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/,
                                      FrameBuffer& /*frame*/) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::link_down;
  }
  [[nodiscard]] LinkStatus link() const override {
    LinkStatus status;
    status.is_present = true;
    status.is_up = true;
    return status;
  }
};

class UnpluggedEnd final : public OpenEnd {
 public:
  explicit UnpluggedEnd(bool is_door) : is_door_(is_door) {}

  [[nodiscard]] bool is_door() const override { return is_door_; }

 private:
  const bool is_door_;
};

OpenedPort open_unplugged(const config::FarEnd& far_end) {
  return {.port = std::make_unique<UnpluggedPort>(),
          .end = std::make_unique<UnpluggedEnd>(is_door(far_end))};
}

}  // namespace

OpenedPort Network::open_or_leave_unplugged(const RunningSwitch& home,
                                            const config::PortSpec& spec) const {
  if (!spec.has_carrier && !has_plug(spec.far_end)) {
    return open_unplugged(spec.far_end);
  }
  return open_end({.network = *this, .home = home, .spec = spec});
}

void Network::set_plugged(RunningPort& port, bool is_plugged) {
  config::PortSpec spec = port.spec;
  spec.has_carrier = is_plugged;
  if (port.is_lost) {
    port.spec.has_carrier = is_plugged;  // it counts when the port is opened anew
    return;
  }
  if (has_plug(port.spec.far_end)) {
    port.end->set_plugged(is_plugged);
  } else {
    exchange(port, open_or_leave_unplugged(*port.home, spec));
  }
  port.spec.has_carrier = is_plugged;
  wires_.let_go(port);
  links_.follow(&port);
  note_plug(port);
}

// Takes a change of the plug back, as far as the kernel lets it.
void Network::plug_back(RunningPort& port) {
  try {
    set_plugged(port, !port.spec.has_carrier);
  } catch (const std::exception& error) {
    announcer_.tell_operator(error.what());
  }
}

// Notes how the link is then; the event is told by whoever tells of the change.
void Network::note_plug(RunningPort& port) {
  (void)links_.note(port, port.port->link());
  if (RunningPort* const opposite = opposite_of(port.spec)) {
    links_.look_at(*opposite);
  }
}

// Puts 'opened' in the place of what the port is, which is closed.
void Network::exchange(RunningPort& port, OpenedPort opened) {
  for (RunningPort* guest : guests_of(port)) {
    remove_port(*guest);
  }
  Undo undo;
  if (const int bell = opened.end->bell(); bell >= 0) {
    value_or_refuse(reception_.add(bell, [this, name = port.spec.name] { attend_to(name); }));
    undo.push([this, bell] { reception_.remove(bell); });
  }
  Port* const next = opened.port.get();
  value_or_refuse(port.home->engine->replace_port(port.index, opened.port));
  undo.keep();
  reception_.remove(port.end->bell());
  port.end = std::move(opened.end);  // before its port, which is closed at the end
  port.port = next;
  port.remarks = std::move(opened.remarks);
}

}  // namespace tapswitch::network
