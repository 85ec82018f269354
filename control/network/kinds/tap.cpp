// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/tap.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "control/config/offload_names.hpp"
#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/made_interface.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/tap/tap_port.hpp"

namespace tapswitch::network {
namespace {

using config::FarEnd;
using config::FarEndChange;
using config::TapSpec;

// Turns what a user wrote into what the port takes. 'offloads' are those it may have.
TapOptions tap_options(const TapSpec& spec, const OffloadSet& offloads) {
  TapOptions options;
  take_settings(options, spec, offloads);
  options.speed = spec.speed;
  options.is_full_duplex = spec.is_full_duplex;
  options.owner = owner_of(spec.owner);
  options.group = group_of(spec.group);
  options.queues = spec.queues;
  return options;
}

class TapEnd final : public MadeInterfaceEnd<TapSpec, TapPort> {
 public:
  using MadeInterfaceEnd::MadeInterfaceEnd;

  void check_change(const FarEnd& wanted, const FarEndChange& named) const override;
  [[nodiscard]] bool makes_way(const FarEnd& own, const FarEnd& next) override;
  [[nodiscard]] std::optional<HandedEnd> hand_over() const override;
  void leave_to_other(bool is_left) override { port_.leave_to_other(is_left); }

 protected:
  void change_parts(const TapSpec& wanted, const FarEndChange& named) override;
  [[nodiscard]] bool can_be_adopted(const TapSpec& own, const TapSpec& next) const override {
    return own.queues > 1 || next.queues == 1;
  }
};

void TapEnd::check_change(const FarEnd& wanted, const FarEndChange& named) const {
  const auto& spec = std::get<TapSpec>(wanted);
  if (named.contains("owner")) {
    (void)owner_of(spec.owner);
  }
  if (named.contains("group")) {
    (void)group_of(spec.group);
  }
}

void TapEnd::change_parts(const TapSpec& wanted, const FarEndChange& named) {
  MadeInterfaceEnd::change_parts(wanted, named);
  const auto speed = named.contains("speed") ? wanted.speed : std::nullopt;
  const auto is_full_duplex = named.contains("duplex") ? wanted.is_full_duplex : std::nullopt;
  if (speed || is_full_duplex) {
    value_or_refuse(port_.set_speed(speed, is_full_duplex));
  }
  if (const auto owner = named.contains("owner") ? owner_of(wanted.owner) : std::nullopt) {
    value_or_refuse(port_.set_owner(*owner));
  }
  if (const auto group = named.contains("group") ? group_of(wanted.group) : std::nullopt) {
    value_or_refuse(port_.set_group(*group));
  }
}

// Nobody can open one again that was passed.
bool TapEnd::makes_way(const FarEnd& own, const FarEnd& next) {
  return !std::get<TapSpec>(own).is_passed && MadeInterfaceEnd::makes_way(own, next);
}

// An earlier version knows 'has_headers' alone, for those of 10 bytes, and refuses to succeed
// without it: so it never reads behind longer ones.
void tell_framing(const TapDevice& device, Json& words) {
  if (device.framing() == TapFraming::long_header) {
    words["has_long_headers"] = true;
  } else {
    words["has_headers"] = device.framing() == TapFraming::short_header;
  }
  words["header_size_before"] = device.header_size_before();
}

TapDevice::Bearing bearing_of(const Json& words, bool is_passed) {
  TapDevice::Bearing bearing{.is_passed = is_passed};
  if (!words.value("has_long_headers", false)) {
    bearing.framing =
        words.at("has_headers").get<bool>() ? TapFraming::short_header : TapFraming::bare;
  }
  bearing.header_size_before = words.value("header_size_before", bearing.header_size_before);
  return bearing;
}

std::optional<HandedEnd> TapEnd::hand_over() const {
  const TapDevice& device = port_.device();
  HandedEnd handed{.words = {{"queues", device.queue_count()},
                             {"was_created", port_.was_created()},
                             {"offloads", config::offloads_to_json(port_.offloads())}},
                   .descriptors = {}};
  tell_framing(device, handed.words);
  for (std::size_t queue = 0; queue < device.queue_count(); ++queue) {
    handed.descriptors.push_back(device.descriptor(queue));
  }
  if (device.sending_descriptor() != device.descriptor(0)) {
    handed.descriptors.push_back(device.sending_descriptor());
  }
  return handed;
}

OpenedPort opened_tap(std::unique_ptr<TapPort> port) {
  auto end = std::make_unique<TapEnd>(*port);
  return {.port = std::move(port), .end = std::move(end)};
}

}  // namespace

void check_here(const TapSpec& end, const Network& network) {
  const std::size_t workers = network.worker_count();
  if (end.queues > workers) {
    throw rpc::invalid_params(
        {{"queues",
          fmt::format("each has a worker, and there {} (tapswitchd --workers)",
                      workers == 1 ? "is one" : fmt::format("are {}", workers)),
          fmt::format("1 to {}", workers)}});
  }
  (void)tap_options(end, {});
}

void check_open(const TapSpec& end) {
  if (end.is_passed) {
    throw rpc::invalid_params({{"passed", "only the descriptor of such a port can open it",
                                "port.add with fd, and the descriptor"}});
  }
}

OpenedPort open_end(const TapSpec& end, const Opening& opening) {
  TapOptions options = tap_options(end, opening.network.offloads());
  options.has_carrier = opening.spec.has_carrier;
  OpenedPort opened = opened_tap(value_or_refuse(TapPort::open(options)));
  if (end.offload) {
    opened.granted = opened.port->offloads();
  }
  return opened;
}

OpenedPort inherit_end(const TapSpec& end, const Json& words, std::vector<UniqueFd> descriptors) {
  const auto queues = words.at("queues").get<std::size_t>();
  if (queues == 0 || descriptors.size() < queues || descriptors.size() > queues + 1) {
    throw std::runtime_error("the descriptors of a TAP are not complete");
  }
  if (queues != end.queues) {
    throw std::runtime_error(fmt::format("the TAP '{}' came with {} queues, and it has {}",
                                         end.interface, queues, end.queues));
  }
  UniqueFd sender;
  if (descriptors.size() > queues) {
    sender = std::move(descriptors.back());
    descriptors.pop_back();
  }
  // An earlier version does not tell them.
  const auto told = words.find("offloads");
  const auto offloads = told != words.end() && told->is_array()
                            ? std::optional(config::offloads_from_json(*told))
                            : std::nullopt;
  return opened_tap(TapPort::inherit(TapDevice::inherit(std::move(descriptors), std::move(sender),
                                                        bearing_of(words, end.is_passed)),
                                     tap_options(end, all_tap_offloads),
                                     words.at("was_created").get<bool>(), offloads));
}

void check_passed(const TapSpec& /*kind*/, int fd, std::size_t index) {
  if (const auto fault = TapDevice::fault_of(fd)) {
    throw rpc::invalid_params(
        {{"fd", fmt::format("descriptor {} cannot be a port: {}", index, *fault),
          "a TAP that was opened with IFF_NO_PI"}});
  }
}

PassedEnd look_at_passed(const TapSpec& /*kind*/, UniqueFd second) {
  const TapDevice device = value_or_refuse(TapDevice::take_over(std::move(second)));
  const std::string name = value_or_refuse(device.name());
  PassedEnd passed{.members = {{"interface", name}, {"passed", true}},
                   .told_by_it = {"interface", "namespace", "queues", "passed"}};
  if (auto name_space = device.name_space()) {
    passed.interface = name;
    passed.name_space = std::move(*name_space);
  }
  return passed;
}

OpenedPort open_passed(const TapSpec& end, UniqueFd fd) {
  TapDevice device = value_or_refuse(TapDevice::take_over(std::move(fd)));
  return opened_tap(
      value_or_refuse(TapPort::take_over(std::move(device), tap_options(end, all_tap_offloads))));
}

}  // namespace tapswitch::network
