// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_configuration.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "switch/ports/tap/tap_port.hpp"
#include "switch/system/link_settings.hpp"

namespace tapswitch {
namespace {

// The TAP under configuration, in the namespace of its interface.
class Configuration : public InterfaceConfiguration {
 public:
  Configuration(RouteSocket& routes, TapDevice& device, const InterfaceInfo& before,
                const TapOptions& options, bool is_new)
      : InterfaceConfiguration(routes, before, options, describe_tap(options)),
        device_(device),
        interface_(before.name),
        options_(options),
        is_new_(is_new) {}

  [[nodiscard]] KernelResult<void> apply() {
    // Last what cannot be taken back: the routes that go when an interface goes down, an owner
    // where there was none, and persistence, which would leave a trace of a failure.
    using Step = KernelResult<void> (Configuration::*)();
    constexpr std::array<Step, 9> steps = {
        &Configuration::set_mtu,   &Configuration::set_mac,   &Configuration::add_addresses,
        &Configuration::unplug,    &Configuration::set_speed, &Configuration::set_up,
        &Configuration::set_owner, &Configuration::set_group, &Configuration::set_persist};
    for (const Step step : steps) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return {};
  }

 private:
  // Before it is up, so that nobody sees a carrier that is not to be.
  KernelResult<void> unplug() {
    if (options_.has_carrier) {
      return {};
    }
    return told(device_.set_carrier(false), "unplug");
  }
  // Before it is up too, for whoever reads it does so when the carrier comes. Kernels differ in
  // what a new TAP says.
  KernelResult<void> set_speed() {
    const bool is_asked_for = options_.speed || options_.is_full_duplex;
    if (!is_new_ && !is_asked_for) {
      return {};
    }
    LinkSettings settings;
    if (const auto now = read_link_settings(interface_); now && !is_new_) {
      settings = *now;
    }
    settings.speed = options_.speed.value_or(settings.speed);
    settings.is_full_duplex = options_.is_full_duplex.value_or(settings.is_full_duplex);
    const auto done = set_link_settings(interface_, settings);
    return is_asked_for ? told(done, "set the speed of") : KernelResult<void>();
  }
  KernelResult<void> set_owner() {
    if (!options_.owner) {
      return {};
    }
    return told(device_.set_owner(*options_.owner),
                fmt::format("set owner {} on", *options_.owner));
  }
  KernelResult<void> set_group() {
    if (!options_.group) {
      return {};
    }
    return told(device_.set_group(*options_.group),
                fmt::format("set group {} on", *options_.group));
  }
  KernelResult<void> set_persist() {
    if (!options_.persist) {
      return {};
    }
    return told(device_.set_persist(true), "make persistent");
  }

  TapDevice& device_;
  const std::string& interface_;
  const TapOptions& options_;
  const bool is_new_;
};

}  // namespace

KernelResult<void> apply_options(RouteSocket& routes, TapDevice& device,
                                 const InterfaceInfo& before, const TapOptions& options,
                                 bool is_new) {
  return Configuration(routes, device, before, options, is_new).apply();
}

KernelError retell(KernelError error, std::string_view action, const TapOptions& options) {
  error.action = action;
  error.object = describe_tap(options);
  return error;
}

std::string describe_tap(const TapOptions& options) { return describe_interface("TAP", options); }

}  // namespace tapswitch
