// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/interface.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/interface/interface_port.hpp"

namespace tapswitch::network {
namespace {

// Unplugging takes our end down, so that the other end of a veth or a cable loses its carrier.
// Whoever brings it up meanwhile lets no frame across.
class InterfaceEnd final : public OpenEnd {
 public:
  // 'was_unplugged': one that is down may be so by an earlier daemon, and comes up when plugged in.
  InterfaceEnd(InterfacePort& port, bool was_unplugged) : port_(port), comes_up_(was_unplugged) {}
  InterfaceEnd(const InterfaceEnd&) = delete;
  InterfaceEnd& operator=(const InterfaceEnd&) = delete;
  // The interface is left as it was.
  ~InterfaceEnd() override {
    if (is_unplugged_ && comes_up_) {
      (void)port_.set_up(true);
    }
  }

  void change(const config::FarEnd& wanted, const config::FarEndChange& named) override {
    if (named.contains("offload")) {
      offload(std::get<config::InterfaceSpec>(wanted));
    }
  }
  void restore(const EndMemory& memory) override {
    offload(std::get<config::InterfaceSpec>(memory.far_end));
  }

  void set_plugged(bool is_plugged) override {
    if (is_plugged != is_unplugged_) {
      return;
    }
    const bool is_up = link_or_refuse(port_).is_up;
    if (is_plugged ? comes_up_ && !is_up : is_up) {
      value_or_refuse(port_.set_up(is_plugged));
    }
    comes_up_ = !is_plugged && (is_up || comes_up_);
    is_unplugged_ = !is_plugged;
  }

 private:
  void offload(const config::InterfaceSpec& spec) {
    port_.set_offloads(spec.offload ? all_offloads : OffloadSet());
  }

  InterfacePort& port_;
  bool comes_up_;
  bool is_unplugged_ = false;
};

}  // namespace

OpenedPort open_end(const config::InterfaceSpec& end, const Opening& opening) {
  InterfaceOptions options;
  options.interface = end.interface;
  if (end.name_space) {
    options.name_space = NetNamespaceRef(*end.name_space);
  }
  options.offloads = end.offload ? all_offloads : OffloadSet();
  std::unique_ptr<InterfacePort> port = value_or_refuse(InterfacePort::open(options));
  OpenedPort opened;
  if (!port->host_addresses().empty()) {
    opened.remarks.push_back(
        fmt::format("interface '{}' has the address {}: the host, too, answers what comes in there",
                    end.interface, port->host_addresses().front().to_string()));
  }
  if (port->has_master()) {
    opened.remarks.push_back(fmt::format(
        "interface '{}' belongs to a bridge or a bond, which, too, takes what comes in there",
        end.interface));
  }
  opened.end = std::make_unique<InterfaceEnd>(*port, !opening.spec.has_carrier);
  opened.port = std::move(port);
  return opened;
}

}  // namespace tapswitch::network
