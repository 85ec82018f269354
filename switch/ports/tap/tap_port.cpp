// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "switch/system/link_reader.hpp"

namespace tapswitch {

KernelResult<std::unique_ptr<TapPort>> TapPort::open(const TapOptions& options) {
  auto setup = set_up_tap(options);
  if (!setup) {
    return setup.error();
  }
  return std::unique_ptr<TapPort>(new TapPort(std::move(*setup), options));
}

KernelResult<std::unique_ptr<TapPort>> TapPort::take_over(TapDevice device,
                                                          const TapOptions& options) {
  TapOptions now = options;
  now.name_space.reset();
  auto name = device.name();
  if (!name) {
    return name.error();
  }
  now.interface = std::move(*name);
  auto setup = set_up_passed_tap(std::move(device), now);
  if (!setup) {
    return setup.error();
  }
  return std::unique_ptr<TapPort>(new TapPort(std::move(*setup), now));
}

std::unique_ptr<TapPort> TapPort::inherit(TapDevice device, const TapOptions& options,
                                          bool was_created) {
  // The offloads it has are set once more: the kernel tells nothing of them, but it takes it again.
  const OffloadSet offloads = device.set_offloads(options.offloads);
  TapSetup setup{.device = std::move(device),
                 .was_created = was_created,
                 .offloads = offloads,
                 .index = 0,
                 .before = {}};
  return std::unique_ptr<TapPort>(new TapPort(std::move(setup), options, true));
}

TapPort::TapPort(TapSetup setup, const TapOptions& options, bool is_inherited)
    : device_(std::move(setup.device)),
      offloads_(setup.offloads),
      interface_(options.interface),
      name_space_(options.name_space),
      index_(setup.index),
      was_created_(setup.was_created),
      is_inherited_(is_inherited),
      before_(std::move(setup.before)),
      addresses_(options.addresses) {}

ReceiveStatus TapPort::receive(std::size_t queue, FrameBuffer& frame) noexcept {
  const int fd = device_.descriptor(queue);
  return device_.framing() == TapFraming::bare ? receive_frame(fd, frame)
                                               : receive_offloaded_frame(fd, frame);
}

SendStatus TapPort::send(FrameBuffer& frame) noexcept {
  const int fd = device_.sending_descriptor();
  return device_.framing() == TapFraming::bare ? send_frame(fd, frame)
                                               : send_offloaded_frame(fd, frame);
}

LinkStatus TapPort::link() const {
  LinkReader reader;
  return read_link(reader);
}

Whereabouts TapPort::whereabouts() const {
  return {.name = [this] { return device_.name(); },
          .name_space = [this] { return open_name_space(); },
          .is_it = [this](const InterfaceInfo& info) { return is_ours(info); }};
}

// If it is only taken to be there, there may be another of its name.
bool TapPort::is_ours(const InterfaceInfo& info) const {
  return device_.name_space() ||
         (index_ != 0 ? info.index == index_ : info.tun && info.mac && info.mac == device_.mac());
}

LinkStatus TapPort::read_link(LinkReader& reader) const {
  return read_interface_link(reader, whereabouts());
}

// The switch receives what the interface transmits.
KernelDrops TapPort::read_drops(LinkReader& reader, std::optional<int> index) {
  const InterfaceStatistics told = read_interface_statistics(reader, index, whereabouts());
  return {.ingress = told.transmitted_dropped, .egress = told.received_dropped};
}

KernelResult<void> TapPort::set_mtu(std::uint32_t mtu) {
  return configure(fmt::format("set MTU {} on", mtu),
                   [mtu](RouteSocket& routes, const InterfaceInfo& info) {
                     InterfaceChange change;
                     change.mtu = mtu;
                     return routes.change(info.index, change);
                   });
}

KernelResult<void> TapPort::set_mac(MacAddress mac) {
  return configure(fmt::format("set MAC address {} on", mac.to_string()),
                   [mac](RouteSocket& routes, const InterfaceInfo& info) {
                     InterfaceChange change;
                     change.mac = mac;
                     return routes.change(info.index, change);
                   });
}

KernelResult<void> TapPort::set_up(bool is_up) {
  return configure(is_up ? "bring up" : "bring down",
                   [is_up](RouteSocket& routes, const InterfaceInfo& info) {
                     InterfaceChange change;
                     change.is_up = is_up;
                     return routes.change(info.index, change);
                   });
}

KernelResult<void> TapPort::set_persist(bool persist) { return device_.set_persist(persist); }
KernelResult<void> TapPort::set_owner(uid_t owner) { return device_.set_owner(owner); }
KernelResult<void> TapPort::set_group(gid_t group) { return device_.set_group(group); }

KernelResult<void> TapPort::set_addresses(const std::vector<InterfaceAddress>& addresses) {
  const auto is_unwanted = [&](const InterfaceAddress& address) {
    return std::ranges::find(addresses, address) == addresses.end() &&
           std::ranges::find(addresses_, address) != addresses_.end();
  };
  const Work replace = [&](RouteSocket& routes, const InterfaceInfo& info) -> KernelResult<void> {
    auto kept = routes.addresses(info.index);
    if (!kept) {
      return kept.error();
    }
    if (auto added = add_addresses(routes, info.index, addresses); !added) {
      KernelError error = added.error();
      error.hint = fmt::format("{}{}{}", error.object, error.hint.empty() ? "" : ": ", error.hint);
      return error;
    }
    for (const InterfaceAddress& address : addresses_) {
      if (is_unwanted(address)) {
        // The address may have been removed by others, or have gone with the link; then all is
        // well.
        std::ignore = routes.remove_address(info.index, address);
      }
    }
    // The first address of an IPv4 network takes the others of that network with it when it goes.
    std::erase_if(*kept, is_unwanted);
    kept->insert(kept->end(), addresses.begin(), addresses.end());
    std::ignore = add_addresses(routes, info.index, *kept);
    addresses_ = addresses;
    return {};
  };
  return configure("set the addresses of", replace);
}

KernelResult<TapPort::State> TapPort::state() const {
  State state{.tap = {}, .asked = addresses_};
  const auto done = configure(
      "look at", [&](RouteSocket& routes, const InterfaceInfo& info) -> KernelResult<void> {
        auto tap = read_tap_state(routes, info);
        if (!tap) {
          return tap.error();
        }
        state.tap = std::move(*tap);
        return {};
      });
  return done ? KernelResult<State>(std::move(state)) : done.error();
}

KernelResult<void> TapPort::restore(const State& state) {
  const auto added = std::exchange(addresses_, state.asked);
  return configure("restore", [&](RouteSocket& routes, const InterfaceInfo&) {
    return restore_tap(routes, device_, state.tap, added);
  });
}

KernelResult<void> TapPort::put_back() {
  if (was_created_ && !is_inherited_) {
    return device_.set_persist(false);
  }
  if (!before_) {
    return {};
  }
  auto restored = restore({.tap = *before_, .asked = {}});
  std::ignore = device_.set_offloads({});
  const auto name = device_.name();
  const auto name_space = open_name_space();
  const bool has_header = device_.framing() == TapFraming::vnet_header;
  if (name && name_space &&
      (before_->tun.has_packet_information || before_->tun.has_header != has_header)) {
    device_.close();
    auto framed = run_in(name_space->get(), [&] { return restore_framing(*name, before_->tun); });
    return restored ? framed : restored;
  }
  return restored;
}

KernelResult<void> TapPort::configure(std::string_view action, const Work& work) const {
  const auto name = device_.name();
  const auto done = [&]() -> KernelResult<void> {
    if (!name) {
      return name.error();
    }
    const auto name_space = open_name_space();
    if (!name_space) {
      return name_space.error();
    }
    return run_in(name_space->get(), [&]() -> KernelResult<void> {
      auto routes = RouteSocket::open();
      if (!routes) {
        return routes.error();
      }
      const auto info = routes->find(*name);
      if (!info) {
        return info.error();
      }
      if (!is_ours(*info)) {
        return kernel_error(EPERM, "TUNGETDEVNETNS", "find the namespace of", *name);
      }
      return work(*routes, *info);
    });
  }();
  if (!done) {
    KernelError error = done.error();
    error.action = action;
    error.object = fmt::format("TAP '{}'", name ? *name : interface_);
    return error;
  }
  return {};
}

KernelResult<UniqueFd> TapPort::open_name_space() const {
  auto now = device_.name_space();
  if (now || now.error().number == EBADFD) {
    return now;
  }
  return name_space_ ? name_space_->open() : open_current_net_namespace();
}

}  // namespace tapswitch
