// SPDX-License-Identifier: Apache-2.0
// veth_port.hpp: the port that is a pair of veths: the far end is the interface of whoever uses the
// switch, in any namespace, and by the near end, which stays in the namespace of the switch, frames
// come in and leave. Creates the pair or adopts one that is there.
//
// Theory of operation: a pair belongs to no process. What ties it to the port is the group of its
// near end (near_end.hpp): a pair that passes is removed by whoever closes the port, unless another
// process has it; one that a killed daemon has left is found by the far end's name and adopted,
// and passes with its new port. No descriptor stays open in the far end's namespace, so that it
// dies with 'ip netns del', and the pair with it. Where the far end is now, and under what name,
// the near end knows: asked in ours, the kernel tells of it by number. To change it takes the
// namespace itself, which is looked for under the name it was given and not taken for another. A
// veth says of its speed what it always says (10 Gbit/s, full). Limits: those of packet_socket.hpp.
//
// Threads: as port.hpp says; everything it does not name is for the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switch/ports/at_interface.hpp"
#include "switch/ports/interface_link.hpp"
#include "switch/ports/interface_settings.hpp"
#include "switch/ports/packet/packet_port.hpp"
#include "switch/ports/veth/veth_setup.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/net_namespace.hpp"

namespace tapswitch {

class VethPort final : public PacketPort {
 public:
  // Opens the pair and configures it. All or nothing: on failure a pair that was created is gone
  // and one that was adopted is as it was.
  [[nodiscard]] static KernelResult<std::unique_ptr<VethPort>> open(const VethOptions& options);

  // A port that another process had, or has still, with these options. Nothing about the pair
  // changes; it is left to that process until leave_to_other(false).
  [[nodiscard]] static std::unique_ptr<VethPort> inherit(PacketSocket socket,
                                                         const VethOptions& options, bool passes,
                                                         const QuietNearEnd& quiet);
  VethPort(const VethPort&) = delete;
  VethPort& operator=(const VethPort&) = delete;
  ~VethPort() override;

  // A frame that the far end would not take is not given to it: older kernels say nothing of it,
  // newer ones (6.16) that there is no room.
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] LinkStatus link() const override;
  [[nodiscard]] LinkStatus read_link(LinkReader& reader) const override;
  [[nodiscard]] KernelDrops read_drops(LinkReader& reader, std::optional<int> index) override;
  // An error if the far end was moved to a namespace that cannot be found.
  [[nodiscard]] KernelResult<UniqueFd> open_name_space() const override;

  [[nodiscard]] const PacketSocket& near_socket() const { return socket(); }
  [[nodiscard]] std::optional<int> near_index() const override { return socket().index(); }
  [[nodiscard]] PathSeat path_seat() const override {
    return {.interface = socket().index().value_or(0),
            .refusal = "its interface is gone",
            .is_near_end = true};
  }
  [[nodiscard]] const QuietNearEnd& quiet() const { return quiet_; }

  // The name it was opened under; link().interface is its name now.
  [[nodiscard]] const std::string& interface() const { return interface_; }
  [[nodiscard]] bool was_created() const { return !before_ && !is_inherited_; }

  [[nodiscard]] KernelResult<void> set_mtu(std::uint32_t mtu);
  [[nodiscard]] KernelResult<void> set_mac(MacAddress mac);
  [[nodiscard]] KernelResult<void> set_up(bool is_up);
  // Without a carrier the far end is unplugged, whoever asks for one there.
  [[nodiscard]] KernelResult<void> set_carrier(bool has_carrier);
  [[nodiscard]] std::optional<bool> is_persistent() const;
  [[nodiscard]] KernelResult<void> set_persist(bool persist);

  // How the far end is now, and the way back there after other calls. restore() does all that can
  // be done, and returns the first refusal.
  struct State {
    InterfaceState far;
    bool persist = false;
    std::vector<InterfaceAddress> asked;  // by open() or set_addresses()
    OffloadSet offloads;

    [[nodiscard]] const InterfaceState& interface() const { return far; }
  };
  [[nodiscard]] KernelResult<State> state() const;
  [[nodiscard]] KernelResult<void> restore(const State& state);

  // Takes back all that open() and the calls since have changed: a pair that was created goes with
  // the port, one that was there is as it was. Requires: no worker knows the port. Afterwards it is
  // good for nothing but to be destroyed.
  [[nodiscard]] KernelResult<void> put_back();

  // Adds those the far end does not have and removes those that open() or an earlier call named;
  // addresses that came from elsewhere stay. All or nothing.
  [[nodiscard]] KernelResult<void> set_addresses(const std::vector<InterfaceAddress>& addresses);

  // Says whether another process has the pair, so that it does not go with this port.
  void leave_to_other(bool is_left) { is_left_ = is_left; }

 private:
  VethPort(VethSetup setup, const VethOptions& options, bool is_inherited = false);

  struct FoundEnds {
    InterfaceInfo near;
    KernelResult<InterfaceInfo> far;
  };
  [[nodiscard]] KernelResult<FoundEnds> find_ends(RouteSocket& routes) const;

  // Runs 'work' where the near end is, or the far end now. An error comes out as "cannot 'action'
  // veth 'eth0' ...".
  [[nodiscard]] KernelResult<void> at_near_end(std::string_view action,
                                               const InterfaceWork& work) const;
  [[nodiscard]] KernelResult<void> at_far_end(std::string_view action,
                                              const InterfaceWork& work) const;

  std::string interface_;
  std::optional<NetNamespaceRef> name_space_;
  bool passes_;
  bool is_inherited_;
  bool is_left_;
  QuietNearEnd quiet_;
  std::optional<VethSetup::Before> before_;
  std::vector<InterfaceAddress> addresses_;
  // Bytes of the longest frame that the far end takes, as last seen by whoever asked for its link;
  // 0 as long as nobody has, or could.
  mutable std::atomic<std::size_t> longest_frame_{0};
};

}  // namespace tapswitch
