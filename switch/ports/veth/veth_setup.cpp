// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/veth/veth_setup.hpp"

#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "switch/system/ingress_gate.hpp"
#include "switch/system/interface_name.hpp"
#include "switch/system/net_namespace.hpp"
#include "switch/system/veth_pair.hpp"

namespace tapswitch {
namespace {

KernelError veth_error(KernelError error, std::string_view action, const VethOptions& options) {
  error.action = action;
  error.object = describe_veth(options);
  return error;
}

KernelError veth_refusal(int number, const VethOptions& options, std::string hint) {
  KernelError error = kernel_error(number, "RTM_GETLINK", "open", describe_veth(options));
  error.hint = std::move(hint);
  return error;
}

// The far end under configuration, in its namespace.
class FarEnd : public InterfaceConfiguration {
 public:
  using InterfaceConfiguration::InterfaceConfiguration;

  [[nodiscard]] KernelResult<void> apply() {
    using Step = KernelResult<void> (FarEnd::*)();
    // Last what cannot be taken back: the routes that go when an interface goes down.
    constexpr std::array<Step, 4> steps = {&FarEnd::set_mtu, &FarEnd::set_mac,
                                           &FarEnd::add_addresses, &FarEnd::set_up};
    for (const Step step : steps) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return {};
  }
};

// The namespaces of the two ends, and how the kernel is spoken to in each. All of it is had before
// anything changes, so that a change can be taken back when no descriptor is to be had any more.
struct Places {
  UniqueFd here;
  UniqueFd there;
  RouteSocket at_near;
  RouteSocket at_far;
};

KernelResult<Places> open_places(const VethOptions& options) {
  auto here = open_current_net_namespace();
  auto there = options.name_space ? options.name_space->open() : open_current_net_namespace();
  if (!there || !here) {
    // The reference is the object here, and says more than the veth would.
    return there ? here.error() : there.error();
  }
  auto at_near = RouteSocket::open();
  auto at_far = run_in(there->get(), [] { return RouteSocket::open(); });
  if (!at_near || !at_far) {
    return veth_error(at_near ? at_far.error() : at_near.error(), "open", options);
  }
  return Places{.here = std::move(*here),
                .there = std::move(*there),
                .at_near = std::move(*at_near),
                .at_far = std::move(*at_far)};
}

// Both ends of a pair; 'far' as it was before anything about it changed.
struct Pair {
  InterfaceInfo near;
  InterfaceInfo far;
};

KernelResult<InterfaceInfo> find_near(Places& places, const InterfaceInfo& far,
                                      const VethOptions& options) {
  auto near = places.at_near.find(far.veth->peer);
  if (!near) {
    return veth_error(near.error(), "find the other end of", options);
  }
  return near;
}

KernelResult<Pair> create_pair(Places& places, const VethOptions& options) {
  KernelResult<void> made;
  for (const std::string& name : near_end_names(options.port)) {
    made = create_veth_pair(places.at_near, {.name = name,
                                             .mtu = mtu_without_ipv6,
                                             .group = passing_group,
                                             .peer = options.interface,
                                             .name_space = places.there.get()});
    if (made || made.error().number != EEXIST) {
      break;
    }
  }
  if (!made) {
    return veth_error(made.error(), "make", options);
  }
  auto far = look_up_interface(places.at_far, options.interface);
  if (!far || !*far || !(*far)->veth) {
    return far ? veth_refusal(ENODEV, options, "somebody has removed it at once")
               : veth_error(far.error(), "find", options);
  }
  auto near = find_near(places, **far, options);
  if (!near) {
    return near.error();
  }
  return Pair{.near = std::move(*near), .far = std::move(**far)};
}

// The other end of 'far' must be in the namespace of the daemon.
KernelResult<void> check_peer_is_here(Places& places, const InterfaceInfo& far,
                                      const VethOptions& options) {
  bool is_here = !far.veth->name_space &&
                 net_namespace_id(places.here.get()) == net_namespace_id(places.there.get());
  if (far.veth->name_space) {
    const auto number = places.at_far.find_namespace_number(places.here.get());
    if (!number) {
      return veth_error(number.error(), "open", options);
    }
    is_here = *number == far.veth->name_space;
  }
  if (!is_here) {
    return veth_refusal(EEXIST, options,
                        "a veth of that name exists, and its other end is not in the namespace of "
                        "the daemon");
  }
  return {};
}

// The reason why 'near' cannot be the near end of a port; empty: none.
KernelResult<std::string> fault_of(RouteSocket& ours, const InterfaceInfo& near) {
  if (near.master != 0) {
    return fmt::format("its other end '{}' belongs to a bridge or a bond", near.name);
  }
  if (near.promiscuity > 0) {
    return fmt::format("another port or another program has its other end '{}' open", near.name);
  }
  auto addresses = ours.addresses(near.index);
  if (!addresses) {
    return addresses.error();
  }
  for (const InterfaceAddress& address : *addresses) {
    if (!address.is_link_local()) {
      return fmt::format("its other end '{}' has the address {} of this host", near.name,
                         address.to_string());
    }
  }
  return std::string();
}

KernelResult<Pair> adopt_pair(Places& places, const InterfaceInfo& far,
                              const VethOptions& options) {
  if (!far.veth) {
    return veth_refusal(EEXIST, options, "an interface of that name exists and is no veth");
  }
  if (auto is_here = check_peer_is_here(places, far, options); !is_here) {
    return is_here.error();
  }
  auto near = find_near(places, far, options);
  if (!near) {
    return near.error();
  }
  const auto fault = fault_of(places.at_near, *near);
  if (!fault) {
    return veth_error(fault.error(), "open", options);
  }
  if (!fault->empty()) {
    return veth_refusal(EBUSY, options, *fault);
  }
  return Pair{.near = std::move(*near), .far = far};
}

// 'quiet' is what has become of the near end, also on failure.
KernelResult<VethSetup> join(Places& places, const Pair& pair, const VethOptions& options,
                             QuietNearEnd& quiet) {
  const int index = pair.near.index;
  const bool stays = options.persist || pair.near.group != passing_group;
  if (auto made = make_quiet(places.at_near, pair.near, options.port)) {
    quiet = *made;
  } else {
    return veth_error(made.error(), "configure the near end of", options);
  }
  auto socket = PacketSocket::open(index);
  if (!socket) {
    return veth_error(socket.error(), "open", options);
  }
  // Before the far end is up, so that nobody sees a carrier that is not to be.
  const InterfaceChange change = {.is_up = options.has_carrier,
                                  .group = stays ? staying_group : passing_group};
  if (auto done = places.at_near.change(index, change); !done) {
    return veth_error(done.error(), options.has_carrier ? "plug in" : "unplug", options);
  }
  FarEnd far(places.at_far, pair.far, options, describe_veth(options));
  if (auto done = far.apply(); !done) {
    return done.error();
  }
  InterfaceStatistics before;
  if (const auto told = places.at_near.statistics(index); told && told->contains(index)) {
    before = told->at(index);
  }
  return VethSetup{.socket = std::move(*socket),
                   .passes = !stays,
                   .quiet = quiet,
                   .egress_drops = before.transmitted_dropped};
}

KernelResult<VethSetup> set_up_new(Places& places, const VethOptions& options) {
  auto pair = create_pair(places, options);
  if (!pair) {
    return pair.error();
  }
  QuietNearEnd quiet;
  auto setup = join(places, *pair, options, quiet);
  if (!setup) {
    // There is nobody to tell if the kernel does not let it; likewise below.
    std::ignore = delete_interface(places.at_near, pair->near.index);
  }
  return setup;
}

KernelResult<VethSetup> set_up_existing(Places& places, const Pair& pair,
                                        const VethOptions& options) {
  auto far_before = read_interface_state(places.at_far, pair.far);
  if (!far_before) {
    return veth_error(far_before.error(), "look at", options);
  }
  auto near_before = near_end_state(places.at_near, pair.near);
  if (!near_before) {
    return veth_error(near_before.error(), "look at", options);
  }
  VethSetup::Before before{.far = std::move(*far_before), .near = std::move(*near_before)};
  QuietNearEnd quiet;
  auto setup = join(places, pair, options, quiet);
  if (setup) {
    setup->before = std::move(before);
    return setup;
  }
  std::ignore = restore_near_end(places.at_near, pair.near.index, before.near);
  std::ignore = open_ingress(places.at_near, pair.near.index, quiet.has_made_place);
  if (const auto now = places.at_far.find(pair.far.index)) {
    std::ignore = restore_interface(places.at_far, *now, before.far, options.addresses);
  }
  return setup;
}

}  // namespace

std::string describe_veth(const VethOptions& options) {
  return describe_interface("veth", options);
}

KernelResult<VethSetup> set_up_veth(const VethOptions& options) {
  if (const auto fault = interface_name_fault(options.interface)) {
    return veth_refusal(EINVAL, options, "its name " + *fault);
  }
  auto places = open_places(options);
  if (!places) {
    return places.error();
  }
  const auto existing = look_up_interface(places->at_far, options.interface);
  if (!existing) {
    return veth_error(existing.error(), "open", options);
  }
  if (!*existing) {
    return set_up_new(*places, options);
  }
  const auto pair = adopt_pair(*places, **existing, options);
  return pair ? set_up_existing(*places, *pair, options) : pair.error();
}

}  // namespace tapswitch
