// SPDX-License-Identifier: Apache-2.0
// made_interface.hpp: holds what the network does with any far end that is an interface which the
// switch makes or adopts. 'Spec' is a config::MadeInterface, 'Made' the class of its port. For the
// files of such kinds.
#pragma once

#include <any>
#include <exception>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "control/config/far_ends/made_interface.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/open_end.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/interface_settings.hpp"

namespace tapswitch::network {

inline std::vector<InterfaceAddress> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<InterfaceAddress> addresses;
  for (const std::string& text : texts) {
    addresses.push_back(*InterfaceAddress::parse(text));
  }
  return addresses;
}

// Turns what a user wrote into what the port takes. 'offloads' are those it may have.
inline void take_settings(InterfaceSettings& settings, const config::MadeInterface& spec,
                          const OffloadSet& offloads) {
  settings.interface = spec.interface;
  if (spec.name_space) {
    settings.name_space.emplace(*spec.name_space);
  }
  settings.mac = spec.mac;
  settings.mtu = spec.mtu;
  settings.persist = spec.persist;
  settings.is_up = spec.is_up;
  settings.addresses = parse_addresses(spec.addresses);
  settings.offloads = spec.offload ? offloads : OffloadSet{};
}

template <class Spec, class Made>
class MadeInterfaceEnd : public OpenEnd {
 public:
  explicit MadeInterfaceEnd(Made& port) : port_(port) {}

  // If the kernel refuses a part and does not let those before it be taken back either, the error
  // says so.
  void change(const config::FarEnd& wanted, const config::FarEndChange& named) override {
    const auto before = port_.state();  // not to be seen where its namespace is closed to us
    try {
      change_parts(std::get<Spec>(wanted), named);
      lower_mtu(std::get<Spec>(wanted), named);
    } catch (const rpc::Error& error) {
      const auto restored = before ? port_.restore(*before) : KernelResult<void>();
      if (restored) {
        throw;
      }
      Json data = error.to_json()["data"];
      data["not_undone"] = Json::array({restored.error().message()});
      throw rpc::Error(error.kind(),
                       fmt::format("{}; and this could not be undone: {}", error.what(),
                                   restored.error().message()),
                       std::move(data));
    }
  }
  void set_plugged(bool is_plugged) override { value_or_refuse(port_.set_carrier(is_plugged)); }

  // Also in what was not said about it.
  [[nodiscard]] EndMemory remember(const config::FarEnd& far_end) const override {
    const auto state = port_.state();  // an error if it is gone
    EndMemory memory{.far_end = far_end, .state = state, .has_all_of_it = state.has_value()};
    if (state) {
      auto& spec = std::get<Spec>(memory.far_end);
      spec.mac = state->interface().mac;
      spec.mtu = state->interface().mtu;
      spec.is_up = state->interface().is_up;
    }
    return memory;
  }
  void restore(const EndMemory& memory) override {
    const auto state = std::any_cast<KernelResult<typename Made::State>>(memory.state);
    value_or_refuse(port_.restore(value_or_refuse(state)));
  }
  [[nodiscard]] KernelResult<void> put_back() override { return port_.put_back(); }

  [[nodiscard]] EndEstate leave(const config::FarEnd& own) const override {
    return {.is_there = true,
            .is_kept = port_.is_persistent().value_or(false),
            .addresses = std::get<Spec>(own).addresses};
  }
  // One that the next can adopt stays meanwhile.
  [[nodiscard]] bool makes_way(const config::FarEnd& own, const config::FarEnd& next) override {
    const auto* const other = std::get_if<Spec>(&next);
    if (other != nullptr ? can_be_adopted(std::get<Spec>(own), *other) : !config::is_made(next)) {
      (void)port_.set_persist(true);  // refused only if the interface is gone
    }
    return true;
  }
  // A port takes from an interface that it adopts only those addresses away that it was told of.
  void settle(const config::FarEnd& own, const EndEstate& estate) override {
    if (!estate.is_there) {
      return;
    }
    const auto& spec = std::get<Spec>(own);
    const auto wanted = parse_addresses(spec.addresses);
    auto all = wanted;
    for (const InterfaceAddress& address : parse_addresses(estate.addresses)) {
      all.push_back(address);
    }
    if (!estate.is_kept && !spec.persist) {
      value_or_refuse(port_.set_persist(false));
    }
    value_or_refuse(port_.set_addresses(all));
    value_or_refuse(port_.set_addresses(wanted));
  }

 protected:
  // Part after part, but for an MTU that is lowered.
  virtual void change_parts(const Spec& wanted, const config::FarEndChange& named) {
    const bool is_compared = named.contains("mtu") || named.contains("mac") || named.contains("up");
    const LinkStatus before = is_compared ? link_or_refuse(port_) : LinkStatus();
    if (named.contains("mtu") && wanted.mtu && *wanted.mtu > before.mtu) {
      value_or_refuse(port_.set_mtu(*wanted.mtu));
    }
    if (named.contains("mac") && wanted.mac && wanted.mac != before.mac) {
      value_or_refuse(port_.set_mac(*wanted.mac));
    }
    if (named.contains("addresses")) {
      value_or_refuse(port_.set_addresses(parse_addresses(wanted.addresses)));
    }
    if (named.contains("up") && wanted.is_up != before.is_up) {
      value_or_refuse(port_.set_up(wanted.is_up));
    }
    if (named.contains("offload")) {
      port_.set_offloads(wanted.offload ? all_tap_offloads : OffloadSet());
    }
    if (named.contains("persist")) {
      value_or_refuse(port_.set_persist(wanted.persist));
    }
  }
  // Whether 'next', of the same kind, can adopt the interface.
  [[nodiscard]] virtual bool can_be_adopted(const Spec& /*own*/, const Spec& /*next*/) const {
    return true;
  }

  Made& port_;

 private:
  // A lower MTU comes last: with one below 1280 the kernel forgets of an interface all that is
  // IPv6, also what restoring would not bring back.
  void lower_mtu(const Spec& wanted, const config::FarEndChange& named) {
    if (named.contains("mtu") && wanted.mtu && *wanted.mtu < link_or_refuse(port_).mtu) {
      value_or_refuse(port_.set_mtu(*wanted.mtu));
    }
  }
};

}  // namespace tapswitch::network
