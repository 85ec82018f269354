// SPDX-License-Identifier: Apache-2.0
// interface_port.hpp: the port that is a network interface which is there already: the host's side
// of a TAP that a simulator or a VM monitor has opened, one end of a veth, a card as uplink. What
// comes in by the interface the switch receives, and what the switch sends goes out by it.
//
// The interface stays as it is: its addresses, its routes, and unless it is asked otherwise whether
// it is up. While the port is open
// it is promiscuous. The host's own stack goes on hearing what comes in, so an interface that has
// addresses answers beside the stations of the switch: host_addresses() is there to warn of that.
// Deleted or moved to another namespace, it is gone for the port; open() can be called again when
// an interface of that name is there. Opened in another namespace, it keeps that namespace alive
// until the port is closed, like an adopted TAP. Limits: those of packet_socket.hpp. Only Ethernet,
// and no loopback.
//
// Threads: as port.hpp says; everything it does not name is for the control thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "switch/ports/interface_link.hpp"
#include "switch/ports/packet/packet_port.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/interface_address.hpp"
#include "switch/system/net_namespace.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct InterfaceOptions {
  std::string interface;
  std::optional<NetNamespaceRef> name_space;  // nullopt: ours
  // Offloads that may leave by the interface unfinished, as far as the kernel can; nothing: each
  // frame leaves whole. What comes in unfinished is taken in any case, for the kernel cannot be
  // asked to finish it.
  OffloadSet offloads = all_offloads;
};

class InterfacePort final : public PacketPort {
 public:
  [[nodiscard]] static KernelResult<std::unique_ptr<InterfacePort>> open(
      const InterfaceOptions& options);

  [[nodiscard]] bool counts_service_tags() const noexcept override { return true; }
  [[nodiscard]] LinkStatus link() const override;
  [[nodiscard]] LinkStatus read_link(LinkReader& reader) const override;
  [[nodiscard]] KernelDrops read_drops(LinkReader& reader, std::optional<int> index) override;
  [[nodiscard]] KernelResult<UniqueFd> open_name_space() const override;
  [[nodiscard]] PathSeat path_seat() const override {
    if (name_space_) {
      return {.refusal = "its interface is in another namespace than the daemon"};
    }
    return {.interface = socket().index().value_or(0), .refusal = "its interface is gone"};
  }

  // Brings the interface up or down: the one thing about it that a port may be asked to change.
  [[nodiscard]] KernelResult<void> set_up(bool is_up);

  // The name it was opened under; link().interface is its name now.
  [[nodiscard]] const std::string& interface() const { return interface_; }

  // The addresses that the interface had when it was opened, but for link-local ones, which the
  // kernel gives by itself.
  [[nodiscard]] const std::vector<InterfaceAddress>& host_addresses() const {
    return host_addresses_;
  }
  // Whether it belonged to a bridge or a bond then, which also takes what comes in.
  [[nodiscard]] bool has_master() const { return has_master_; }

 private:
  struct Setup;

  InterfacePort(Setup setup, const InterfaceOptions& options);

  [[nodiscard]] Whereabouts whereabouts() const;

  [[nodiscard]] static KernelResult<Setup> set_up(const InterfaceOptions& options);

  std::string interface_;
  std::optional<NetNamespaceRef> name_space_;
  std::vector<InterfaceAddress> host_addresses_;
  bool has_master_;
};

}  // namespace tapswitch
