// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <tuple>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "switch/ports/tap/tap_configuration.hpp"
#include "switch/system/link_reader.hpp"
#include "switch/system/shortage.hpp"

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
                                          bool was_created,
                                          const std::optional<OffloadSet>& offloads) {
  // The kernel does not tell which it has.
  const OffloadSet its = offloads ? *offloads : device.set_offloads(options.offloads);
  TapSetup setup{.device = std::move(device),
                 .was_created = was_created,
                 .offloads = its,
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
      is_left_(is_inherited),
      has_carrier_(options.has_carrier),
      before_(std::move(setup.before)),
      addresses_(options.addresses) {
  // One that was made has counted nothing yet.
  if (!was_created_ || is_inherited_) {
    LinkReader reader;
    drops_before_ = TapPort::read_drops(reader, {});
  }
}

TapPort::~TapPort() {
  if (!is_left_ && (!was_created_ || is_persistent().value_or(false))) {
    device_.put_back();
  }
}

ReceiveStatus TapPort::receive(std::size_t queue, FrameBuffer& frame) noexcept {
  const int fd = device_.descriptor(queue);
  const FileOwner owner = device_.is_passed() ? FileOwner::shared : FileOwner::ours;
  switch (device_.framing()) {
    case TapFraming::bare:
      return receive_frame(fd, frame, owner);
    case TapFraming::short_header:
      return receive_offloaded_frame(fd, frame, owner);
    case TapFraming::long_header:
      break;
  }
  return receive_behind_long_header(fd, frame, owner);
}

SendStatus TapPort::send(FrameBuffer& frame) noexcept {
  const int fd = device_.sending_descriptor();
  const FileOwner owner = device_.is_passed() ? FileOwner::shared : FileOwner::ours;
  switch (device_.framing()) {
    case TapFraming::bare:
      return send_frame(fd, frame, owner);
    case TapFraming::short_header:
      return send_offloaded_frame(fd, frame, owner);
    case TapFraming::long_header:
      break;
  }
  return send_behind_long_header(fd, frame, owner);
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
  return {.ingress = since(told.transmitted_dropped, drops_before_.ingress),
          .egress = since(told.received_dropped, drops_before_.egress)};
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

KernelResult<void> TapPort::set_carrier(bool has_carrier) {
  auto done = device_.set_carrier(has_carrier);
  has_carrier_ = done ? has_carrier : has_carrier_;
  return done;
}

KernelResult<void> TapPort::set_speed(std::optional<std::uint32_t> speed,
                                      std::optional<bool> is_full_duplex) {
  const InterfaceWork set = [&](RouteSocket&, const InterfaceInfo& info) -> KernelResult<void> {
    auto settings = read_link_settings(info.name);
    if (!settings) {
      return settings.error();
    }
    settings->speed = speed.value_or(settings->speed);
    settings->is_full_duplex = is_full_duplex.value_or(settings->is_full_duplex);
    if (!has_carrier_) {
      return set_link_settings(info.name, *settings);
    }
    std::ignore = device_.set_carrier(false);
    auto done = set_link_settings(info.name, *settings);
    std::ignore = device_.set_carrier(true);
    return done;
  };
  return configure("set the speed of", set);
}

KernelResult<void> TapPort::set_persist(bool persist) { return device_.set_persist(persist); }
KernelResult<void> TapPort::set_owner(uid_t owner) { return device_.set_owner(owner); }
KernelResult<void> TapPort::set_group(gid_t group) { return device_.set_group(group); }

KernelResult<void> TapPort::set_addresses(const std::vector<InterfaceAddress>& addresses) {
  return configure("set the addresses of", [&](RouteSocket& routes, const InterfaceInfo& info) {
    auto replaced = replace_addresses(routes, info.index, addresses_, addresses);
    if (replaced) {
      addresses_ = addresses;
    }
    return replaced;
  });
}

KernelResult<TapPort::State> TapPort::state() const {
  State state{.tap = {}, .asked = addresses_, .offloads = offloads_};
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
  if (offloads_ != state.offloads) {
    set_offloads(state.offloads);
  }
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
  auto restored = restore({.tap = *before_, .asked = {}, .offloads = {}});
  const auto name = device_.name();
  const auto name_space = open_name_space();
  const bool has_header = device_.has_header();
  if (name && name_space &&
      (before_->tun.has_packet_information || before_->tun.has_header != has_header)) {
    device_.put_back();
    device_.close();
    auto framed = run_in(name_space->get(), [&] { return restore_framing(*name, before_->tun); });
    return restored ? framed : restored;
  }
  return restored;
}

KernelResult<void> TapPort::configure(std::string_view action, const InterfaceWork& work) const {
  const auto name = device_.name();
  const auto find_ours = [&](RouteSocket& routes) -> KernelResult<InterfaceInfo> {
    auto info = routes.find(*name);
    if (info && !is_ours(*info)) {
      return kernel_error(EPERM, "TUNGETDEVNETNS", "find the namespace of", *name);
    }
    return info;
  };
  return told_of(at_interface(name ? open_name_space() : name.error(), find_ours, work), action,
                 fmt::format("TAP '{}'", name ? *name : interface_));
}

KernelResult<UniqueFd> TapPort::open_name_space() const {
  auto now = device_.name_space();
  if (now || now.error().number == EBADFD || is_shortage(now.error().number)) {
    return now;
  }
  return name_space_ ? name_space_->open() : open_current_net_namespace();
}

}  // namespace tapswitch
