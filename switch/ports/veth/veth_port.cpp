// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/veth/veth_port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <tuple>
#include <utility>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/vlan_tag.hpp"
#include "switch/system/ingress_gate.hpp"
#include "switch/system/link_reader.hpp"
#include "switch/system/veth_pair.hpp"

namespace tapswitch {

KernelResult<std::unique_ptr<VethPort>> VethPort::open(const VethOptions& options) {
  auto setup = set_up_veth(options);
  if (!setup) {
    return setup.error();
  }
  return std::unique_ptr<VethPort>(new VethPort(std::move(*setup), options));
}

std::unique_ptr<VethPort> VethPort::inherit(PacketSocket socket, const VethOptions& options,
                                            bool passes, const QuietNearEnd& quiet) {
  VethSetup setup{.socket = std::move(socket), .passes = passes, .quiet = quiet};
  return std::unique_ptr<VethPort>(new VethPort(std::move(setup), options, true));
}

VethPort::VethPort(VethSetup setup, const VethOptions& options, bool is_inherited)
    : PacketPort(std::move(setup.socket), options.offloads, setup.egress_drops),
      interface_(options.interface),
      name_space_(options.name_space),
      passes_(setup.passes),
      is_inherited_(is_inherited),
      is_left_(is_inherited),
      quiet_(setup.quiet),
      before_(std::move(setup.before)),
      addresses_(options.addresses) {}

// There is nobody to tell if the kernel does not let it.
VethPort::~VethPort() {
  if (is_left_ || !near_index()) {
    return;
  }
  std::ignore = at_near_end("close", [this](RouteSocket& routes, const InterfaceInfo& near) {
    return passes_ ? delete_interface(routes, near.index)
                   : open_ingress(routes, near.index, quiet_.has_made_place);
  });
}

// Super-frames it takes whole, however long; of others it counts all but one tag against its MTU.
SendStatus VethPort::send(FrameBuffer& frame) noexcept {
  const std::size_t longest = longest_frame_.load(std::memory_order_relaxed);
  if (frame.size() > longest && longest != 0 && frame.offload().gso == GsoKind::none) [[unlikely]] {
    return SendStatus::too_long;
  }
  return PacketPort::send(frame);
}

LinkStatus VethPort::link() const {
  LinkReader reader;
  return read_link(reader);
}

LinkStatus VethPort::read_link(LinkReader& reader) const {
  const auto home = socket().name_space();
  const auto routes = home ? reader.routes(home->get()) : home.error();
  const auto found = routes ? find_ends(**routes) : routes.error();
  if (!found) {
    return link_in_shortage(found.error()).value_or(LinkStatus());
  }
  if (found->far) {
    longest_frame_.store(FrameView::header_size + found->far->mtu + VlanTag::size,
                         std::memory_order_relaxed);
    return to_link(*found->far);
  }
  if (auto unseen = link_in_shortage(found->far.error())) {
    return *std::move(unseen);
  }
  longest_frame_.store(0, std::memory_order_relaxed);
  if (found->far.error().number != EPERM) {
    return {};  // it goes, and takes the near end with it
  }
  // The far end is behind a door that is closed to us, and a carrier says that it is up.
  LinkStatus status;
  status.is_present = true;
  status.is_up = status.has_carrier = found->near.has_carrier;
  status.interface = interface_;
  return status;
}

// 'index' is the far end's, of whose counters none is ours.
KernelDrops VethPort::read_drops(LinkReader& reader, std::optional<int> /*index*/) {
  const auto index = near_index();
  const auto told = index ? reader.statistics(*index) : kernel_error(ENODEV, "", "", "");
  return drops(told ? *told : InterfaceStatistics());
}

KernelResult<VethPort::FoundEnds> VethPort::find_ends(RouteSocket& routes) const {
  const auto index = near_index();
  if (!index) {
    return kernel_error(ENODEV, "getsockname", "find", fmt::format("veth '{}'", interface_));
  }
  auto near = routes.find(*index);
  if (!near) {
    return near.error();
  }
  if (!near->veth) {
    return kernel_error(ENODEV, "RTM_GETLINK", "find", near->name);
  }
  auto far = routes.find(near->veth->peer, near->veth->name_space);
  return FoundEnds{.near = std::move(*near), .far = std::move(far)};
}

KernelResult<UniqueFd> VethPort::open_name_space() const {
  auto home = socket().name_space();
  if (!home) {
    return home;
  }
  return run_in(home->get(), [&]() -> KernelResult<UniqueFd> {
    auto routes = RouteSocket::open();
    const auto found = routes ? find_ends(*routes) : routes.error();
    if (!found) {
      return found.error();
    }
    const auto number = found->near.veth->name_space;
    if (!number) {
      return std::move(home);
    }
    auto named = name_space_ ? name_space_->open() : open_current_net_namespace();
    if (!named) {
      return named;
    }
    const auto its_number = routes->find_namespace_number(named->get());
    if (!its_number || *its_number != number) {
      KernelError error = kernel_error(ESTALE, "RTM_GETNSID", "find", interface_);
      error.hint = "it was moved to a namespace of which the port does not know the name";
      return error;
    }
    return named;
  });
}

KernelResult<void> VethPort::at_near_end(std::string_view action, const InterfaceWork& work) const {
  const auto find_near = [&](RouteSocket& routes) -> KernelResult<InterfaceInfo> {
    const auto index = near_index();
    return index ? routes.find(*index) : kernel_error(ENODEV, "getsockname", action, interface_);
  };
  return told_of(at_interface(socket().name_space(), find_near, work), action,
                 fmt::format("the near end of veth '{}'", interface_));
}

KernelResult<void> VethPort::at_far_end(std::string_view action, const InterfaceWork& work) const {
  int peer = 0;
  const auto asked = at_near_end(action, [&](RouteSocket&, const InterfaceInfo& near) {
    peer = near.veth ? near.veth->peer : 0;
    return KernelResult<void>();
  });
  const auto find_far = [&](RouteSocket& routes) { return routes.find(peer); };
  return told_of(at_interface(asked ? open_name_space() : asked.error(), find_far, work), action,
                 fmt::format("veth '{}'", interface_));
}

KernelResult<void> VethPort::set_mtu(std::uint32_t mtu) {
  return at_far_end(fmt::format("set MTU {} on", mtu),
                    [mtu](RouteSocket& routes, const InterfaceInfo& far) {
                      return routes.change(far.index, {.mtu = mtu});
                    });
}

KernelResult<void> VethPort::set_mac(MacAddress mac) {
  return at_far_end(fmt::format("set MAC address {} on", mac.to_string()),
                    [mac](RouteSocket& routes, const InterfaceInfo& far) {
                      return routes.change(far.index, {.mac = mac});
                    });
}

KernelResult<void> VethPort::set_up(bool is_up) {
  return at_far_end(is_up ? "bring up" : "bring down",
                    [is_up](RouteSocket& routes, const InterfaceInfo& far) {
                      return routes.change(far.index, {.is_up = is_up});
                    });
}

KernelResult<void> VethPort::set_carrier(bool has_carrier) {
  return at_near_end(has_carrier ? "plug in" : "unplug",
                     [has_carrier](RouteSocket& routes, const InterfaceInfo& near) {
                       return routes.change(near.index, {.is_up = has_carrier});
                     });
}

std::optional<bool> VethPort::is_persistent() const {
  return near_index() ? std::optional(!passes_) : std::nullopt;
}

KernelResult<void> VethPort::set_persist(bool persist) {
  auto done = at_near_end(persist ? "make persistent" : "make pass",
                          [persist](RouteSocket& routes, const InterfaceInfo& near) {
                            return routes.change(
                                near.index, {.group = persist ? staying_group : passing_group});
                          });
  passes_ = done ? !persist : passes_;
  return done;
}

KernelResult<void> VethPort::set_addresses(const std::vector<InterfaceAddress>& addresses) {
  return at_far_end("set the addresses of", [&](RouteSocket& routes, const InterfaceInfo& far) {
    auto replaced = replace_addresses(routes, far.index, addresses_, addresses);
    if (replaced) {
      addresses_ = addresses;
    }
    return replaced;
  });
}

KernelResult<VethPort::State> VethPort::state() const {
  State state{.far = {}, .persist = !passes_, .asked = addresses_, .offloads = offloads()};
  const auto done = at_far_end(
      "look at", [&](RouteSocket& routes, const InterfaceInfo& far) -> KernelResult<void> {
        auto read = read_interface_state(routes, far);
        if (!read) {
          return read.error();
        }
        state.far = std::move(*read);
        return {};
      });
  return done ? KernelResult<State>(std::move(state)) : done.error();
}

KernelResult<void> VethPort::restore(const State& state) {
  const auto added = std::exchange(addresses_, state.asked);
  set_offloads(state.offloads);
  Steps steps;
  steps.note(at_far_end("restore", [&](RouteSocket& routes, const InterfaceInfo& far) {
    return restore_interface(routes, far, state.far, added);
  }));
  if (state.persist == passes_) {
    steps.note(set_persist(state.persist));
  }
  return steps.result();
}

KernelResult<void> VethPort::put_back() {
  if (was_created()) {
    passes_ = true;
    return {};
  }
  if (!before_) {
    return {};
  }
  Steps steps;
  steps.note(at_far_end("restore", [&](RouteSocket& routes, const InterfaceInfo& far) {
    return restore_interface(routes, far, before_->far, addresses_);
  }));
  steps.note(at_near_end("restore", [&](RouteSocket& routes, const InterfaceInfo& near) {
    return restore_near_end(routes, near.index, before_->near);
  }));
  passes_ = false;  // it was not ours
  return steps.result();
}

}  // namespace tapswitch
