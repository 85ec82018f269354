// SPDX-License-Identifier: Apache-2.0
// tap_port.hpp: the port that is a TAP: what the interface's owner transmits the switch receives,
// and the other way round. Creates the interface or adopts one that is there.
//
// Theory of operation: a descriptor of /dev/net/tun keeps the namespace it was opened in alive, and
// a port would then outlive 'ip netns del' in a namespace that nobody can see. So a TAP for another
// namespace is created in ours, under a name the kernel chooses, and moved; it dies with its
// namespace, and the port says 'gone'. Adopting can only be done from inside: an adopted TAP in
// another namespace does keep that namespace alive until the port is closed.
// Where the interface is now is asked of the descriptor each time, for it can be renamed and moved.
//
// Threads: as port.hpp says; everything it does not name is for the control thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switch/ports/at_interface.hpp"
#include "switch/ports/interface_link.hpp"
#include "switch/ports/interface_settings.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/tap/tap_setup.hpp"
#include "switch/ports/tap/tap_state.hpp"
#include "switch/system/interface_address.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/link_settings.hpp"
#include "switch/system/net_namespace.hpp"

namespace tapswitch {

struct TapOptions : InterfaceSettings {
  // Nullopt: as it is, or the defaults of LinkSettings if it is created.
  std::optional<std::uint32_t> speed;  // Mbit/s
  std::optional<bool> is_full_duplex;
  std::optional<uid_t> owner;  // who else may open it
  std::optional<gid_t> group;
  std::size_t queues = 1;  // at most TapDevice::max_queues
};

class TapPort final : public Port {
 public:
  // Opens the TAP and configures it. All or nothing: on failure a TAP that was created is gone and
  // one that was adopted is as it was.
  [[nodiscard]] static KernelResult<std::unique_ptr<TapPort>> open(const TapOptions& options);

  // The same of a TAP that is open already. Its interface may be in a namespace that is closed to
  // this process: then it stays as it is, and nothing about it may be asked for that only its
  // namespace can give. 'name' and 'name_space' of the options are not looked at.
  [[nodiscard]] static KernelResult<std::unique_ptr<TapPort>> take_over(TapDevice device,
                                                                        const TapOptions& options);

  // A port that another process had, or has still, with these options and 'offloads'. Nothing about
  // its interface changes: to set offloads again would turn on what the far end has turned off.
  // Nullopt: they are not known, and set again.
  [[nodiscard]] static std::unique_ptr<TapPort> inherit(TapDevice device, const TapOptions& options,
                                                        bool was_created,
                                                        const std::optional<OffloadSet>& offloads);

  TapPort(const TapPort&) = delete;
  TapPort& operator=(const TapPort&) = delete;
  // An interface that stays behind is left as whoever opens it next expects it.
  ~TapPort() override;

  [[nodiscard]] const TapDevice& device() const { return device_; }

  // Whether another process has the TAP too and goes on with it; true of one that was inherited,
  // until it is said.
  void leave_to_other(bool is_left) { is_left_ = is_left; }

  [[nodiscard]] std::size_t queue_count() const noexcept override { return device_.queue_count(); }
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return device_.descriptor(queue);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] OffloadSet offloads() const noexcept override { return offloads_; }
  [[nodiscard]] LinkStatus link() const override;
  [[nodiscard]] LinkStatus read_link(LinkReader& reader) const override;
  [[nodiscard]] KernelDrops read_drops(LinkReader& reader, std::optional<int> index) override;
  // If this process may not ask where the interface is, that is taken to be where it was opened.
  [[nodiscard]] KernelResult<UniqueFd> open_name_space() const override;

  // The name it was opened under; link().interface is its name now.
  [[nodiscard]] const std::string& interface() const { return interface_; }

  // The namespace it was opened in; nullopt: ours.
  [[nodiscard]] const std::optional<NetNamespaceRef>& name_space() const { return name_space_; }

  // False if the interface was there before and was adopted.
  [[nodiscard]] bool was_created() const { return was_created_; }

  [[nodiscard]] KernelResult<void> set_mtu(std::uint32_t mtu);
  [[nodiscard]] KernelResult<void> set_mac(MacAddress mac);
  [[nodiscard]] KernelResult<void> set_up(bool is_up);
  // Without a carrier the far end is unplugged, whoever asks for one there.
  [[nodiscard]] KernelResult<void> set_carrier(bool has_carrier);
  // Nullopt: as it is. Takes the carrier away for a moment, for the speed is read when it comes.
  [[nodiscard]] KernelResult<void> set_speed(std::optional<std::uint32_t> speed,
                                             std::optional<bool> is_full_duplex);
  // As far as the kernel can, and none where frames stand bare on the descriptor. The picture that
  // workers have must have them too, before or after.
  void set_offloads(const OffloadSet& offloads) { offloads_ = device_.set_offloads(offloads); }
  [[nodiscard]] std::optional<bool> is_persistent() const { return device_.is_persistent(); }
  [[nodiscard]] KernelResult<void> set_persist(bool persist);
  [[nodiscard]] KernelResult<void> set_owner(uid_t owner);
  [[nodiscard]] KernelResult<void> set_group(gid_t group);

  // How the interface is now, and the way back there after other calls. restore() does all that can
  // be done, and returns the first refusal.
  struct State {
    TapState tap;
    std::vector<InterfaceAddress> asked;  // by open() or set_addresses()
    OffloadSet offloads;

    [[nodiscard]] const InterfaceState& interface() const { return tap.interface; }
  };
  [[nodiscard]] KernelResult<State> state() const;
  [[nodiscard]] KernelResult<void> restore(const State& state);

  // Takes back all that open() or take_over() and the calls since have changed: an interface that
  // was created goes with the port, one that was there is as it was. Requires: no worker knows the
  // port. Afterwards it is good for nothing but to be destroyed.
  [[nodiscard]] KernelResult<void> put_back();

  // Adds those the interface does not have and removes those that open() or an earlier call named;
  // addresses that came from elsewhere stay. All or nothing.
  [[nodiscard]] KernelResult<void> set_addresses(const std::vector<InterfaceAddress>& addresses);

 private:
  TapPort(TapSetup setup, const TapOptions& options, bool is_inherited = false);

  [[nodiscard]] Whereabouts whereabouts() const;
  // Whether 'info' is of the interface that is open.
  [[nodiscard]] bool is_ours(const InterfaceInfo& info) const;

  // Runs 'work' where the interface is now, whatever its name and namespace are by now. An error
  // comes out as "cannot 'action' TAP 'tap3' ...".
  [[nodiscard]] KernelResult<void> configure(std::string_view action,
                                             const InterfaceWork& work) const;

  TapDevice device_;
  OffloadSet offloads_;
  std::string interface_;
  std::optional<NetNamespaceRef> name_space_;
  int index_;  // when it was opened; 0: not known
  bool was_created_;
  bool is_inherited_;
  bool is_left_;
  bool has_carrier_;
  KernelDrops drops_before_;                 // of the interface when the port was opened
  std::optional<TapState> before_;           // when it was opened
  std::vector<InterfaceAddress> addresses_;  // as asked for last
};

}  // namespace tapswitch
