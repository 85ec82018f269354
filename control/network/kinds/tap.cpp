// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/tap.hpp"

#include <any>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/tap/tap_port.hpp"

namespace tapswitch::network {
namespace {

using config::FarEnd;
using config::FarEndChange;
using config::TapSpec;

std::vector<InterfaceAddress> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<InterfaceAddress> addresses;
  for (const std::string& text : texts) {
    addresses.push_back(*InterfaceAddress::parse(text));
  }
  return addresses;
}

// Turns what a user wrote into what the port takes. 'offloads' are those it may have.
TapOptions tap_options(const TapSpec& spec, const OffloadSet& offloads) {
  TapOptions options;
  options.interface = spec.interface;
  if (spec.name_space) {
    options.name_space.emplace(*spec.name_space);
  }
  options.mac = spec.mac;
  options.mtu = spec.mtu;
  options.persist = spec.persist;
  options.owner = owner_of(spec.owner);
  options.group = group_of(spec.group);
  options.is_up = spec.is_up;
  options.addresses = parse_addresses(spec.addresses);
  options.offloads = spec.offload ? offloads : OffloadSet{};
  options.queues = spec.queues;
  return options;
}

class TapEnd final : public OpenEnd {
 public:
  explicit TapEnd(TapPort& port) : port_(port) {}

  void check_change(const FarEnd& wanted, const FarEndChange& named) const override;
  void change(const FarEnd& wanted, const FarEndChange& named) override;
  [[nodiscard]] EndMemory remember(const FarEnd& far_end) const override;
  void restore(const EndMemory& memory) override;
  [[nodiscard]] KernelResult<void> put_back() override { return port_.put_back(); }
  [[nodiscard]] EndEstate leave(const FarEnd& own) const override;
  [[nodiscard]] bool makes_way(const FarEnd& own, const FarEnd& next) override;
  void settle(const FarEnd& own, const EndEstate& estate) override;
  [[nodiscard]] std::optional<HandedEnd> hand_over() const override;

 private:
  void change_parts(const TapSpec& wanted, const FarEndChange& named);

  TapPort& port_;
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

// Part after part.
void TapEnd::change_parts(const TapSpec& wanted, const FarEndChange& named) {
  const LinkStatus before = port_.link();
  if (named.contains("mtu") && wanted.mtu && *wanted.mtu != before.mtu) {
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
  if (const auto owner = named.contains("owner") ? owner_of(wanted.owner) : std::nullopt) {
    value_or_refuse(port_.set_owner(*owner));
  }
  if (const auto group = named.contains("group") ? group_of(wanted.group) : std::nullopt) {
    value_or_refuse(port_.set_group(*group));
  }
  if (named.contains("persist")) {
    value_or_refuse(port_.set_persist(wanted.persist));
  }
}

// If the kernel refuses a part and does not let those before it be taken back either, the error
// says so.
void TapEnd::change(const FarEnd& wanted, const FarEndChange& named) {
  const auto before = port_.state();  // not to be seen where its namespace is closed to us
  try {
    change_parts(std::get<TapSpec>(wanted), named);
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

// Also in what was not said about it.
EndMemory TapEnd::remember(const FarEnd& far_end) const {
  const auto state = port_.state();  // an error if it is gone
  EndMemory memory{.far_end = far_end, .state = state, .has_all_of_it = state.has_value()};
  if (state) {
    auto& spec = std::get<TapSpec>(memory.far_end);
    spec.mac = state->tap.mac;
    spec.mtu = state->tap.mtu;
    spec.is_up = state->tap.is_up;
  }
  return memory;
}

void TapEnd::restore(const EndMemory& memory) {
  const auto state = std::any_cast<KernelResult<TapPort::State>>(memory.state);
  value_or_refuse(port_.restore(value_or_refuse(state)));
}

EndEstate TapEnd::leave(const FarEnd& own) const {
  return {.is_there = true,
          .is_kept = port_.is_persistent().value_or(false),
          .addresses = std::get<TapSpec>(own).addresses};
}

// A TAP that the next one can adopt stays meanwhile. Nobody can open one again that was passed.
bool TapEnd::makes_way(const FarEnd& own, const FarEnd& next) {
  const auto& spec = std::get<TapSpec>(own);
  if (spec.is_passed) {
    return false;
  }
  const auto* const tap = std::get_if<TapSpec>(&next);
  if (spec.queues > 1 || tap == nullptr || tap->queues == 1) {
    (void)port_.set_persist(true);  // refused only if the interface is gone
  }
  return true;
}

// A port takes from an interface that it adopts only those addresses away that it was told of.
void TapEnd::settle(const FarEnd& own, const EndEstate& estate) {
  if (!estate.is_there) {
    return;
  }
  const auto& spec = std::get<TapSpec>(own);
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

std::optional<HandedEnd> TapEnd::hand_over() const {
  const TapDevice& device = port_.device();
  HandedEnd handed{.words = {{"queues", device.queue_count()},
                             {"has_headers", device.framing() == TapFraming::vnet_header},
                             {"was_created", port_.was_created()}},
                   .descriptors = {}};
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

void check_here(const TapSpec& end, const Opening& opening) {
  const std::size_t workers = opening.network.worker_count();
  if (end.queues > workers) {
    throw rpc::invalid_params(
        {{"queues", fmt::format("there are only {} workers (tapswitchd --workers)", workers),
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
  OpenedPort opened =
      opened_tap(value_or_refuse(TapPort::open(tap_options(end, opening.network.offloads()))));
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
  const auto framing =
      words.at("has_headers").get<bool>() ? TapFraming::vnet_header : TapFraming::bare;
  return opened_tap(
      TapPort::inherit(TapDevice::inherit(std::move(descriptors), std::move(sender), framing),
                       tap_options(end, all_offloads), words.at("was_created").get<bool>()));
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
      value_or_refuse(TapPort::take_over(std::move(device), tap_options(end, all_offloads))));
}

}  // namespace tapswitch::network
