// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/kinds.hpp"

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <variant>

#include "control/network/kinds/interface.hpp"
#include "control/network/kinds/patch.hpp"
#include "control/network/kinds/qemu.hpp"
#include "control/network/kinds/tap.hpp"
#include "control/network/kinds/udp.hpp"
#include "control/network/kinds/vde.hpp"
#include "control/network/kinds/veth.hpp"
#include "control/network/kinds/vhost_user.hpp"
#include "control/network/kinds/vxlan.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace {

// A kind tells by these functions what it can.
template <class Kind>
concept HasRuleHere = requires(const Kind& end, const Network& network) {
  check_here(end, network);
};
template <class Kind>
concept HasRuleOfOpening = requires(const Kind& end) {
  check_open(end);
};
template <class Kind>
concept IsHanded = requires(const Kind& end, const Json& words, std::vector<UniqueFd> fds) {
  inherit_end(end, words, std::move(fds));
};
template <class Kind>
concept IsOpenedAnew = requires(const Kind& end) {
  is_opened_anew(end);
};
template <class Kind>
concept IsPassed = requires(const Kind& end, UniqueFd fd) {
  open_passed(end, std::move(fd));
};

template <class Kind>
concept HasPlug = requires(const Kind& end) {
  stays_open_unplugged(end);
};
template <class Kind>
concept GivesCarrier = requires(const Kind& end) {
  carrier_is_ours(end);
};
template <class Kind>
concept IsDoor = requires(const Kind& end) {
  takes_guests(end);
};

template <class Kind>
constexpr Heritage heritage = IsHanded<Kind>       ? Heritage::handed
                              : IsOpenedAnew<Kind> ? Heritage::opened_anew
                                                   : Heritage::none;

template <std::size_t kind = 0>
void add_heritable_types(std::vector<std::string>& types) {
  if constexpr (kind < std::variant_size_v<config::FarEnd>) {
    using Kind = std::variant_alternative_t<kind, config::FarEnd>;
    if constexpr (heritage<Kind> != Heritage::none) {
      types.emplace_back(Kind::type);
    }
    add_heritable_types<kind + 1>(types);
  }
}

rpc::Error cannot_be_passed(std::string_view type) {
  return rpc::invalid_params({{"fd", "a port of type '" + std::string(type) + "' cannot be passed",
                               "a port whose type has the member 'passed'"}});
}

}  // namespace

void check_end_here(const config::FarEnd& end, const Network& network) {
  std::visit(
      [&]<class Kind>(const Kind& kind) {
        if constexpr (HasRuleHere<Kind>) {
          check_here(kind, network);
        }
      },
      end);
}

void check_open_end(const Opening& opening) {
  std::visit(
      []<class Kind>(const Kind& end) {
        if constexpr (HasRuleOfOpening<Kind>) {
          check_open(end);
        }
      },
      opening.spec.far_end);
}

OpenedPort open_end(const Opening& opening) {
  return std::visit([&](const auto& end) { return open_end(end, opening); }, opening.spec.far_end);
}

bool has_plug(const config::FarEnd& end) {
  return std::visit([]<class Kind>(const Kind&) { return HasPlug<Kind>; }, end);
}

bool gives_carrier(const config::FarEnd& end) {
  return std::visit([]<class Kind>(const Kind&) { return GivesCarrier<Kind>; }, end);
}

bool is_door(const config::FarEnd& end) {
  return std::visit([]<class Kind>(const Kind&) { return IsDoor<Kind>; }, end);
}

Heritage heritage_of(const config::FarEnd& end) {
  return std::visit([]<class Kind>(const Kind&) { return heritage<Kind>; }, end);
}

std::vector<std::string> heritable_types() {
  std::vector<std::string> types;
  add_heritable_types(types);
  return types;
}

OpenedPort inherit_end(const config::PortSpec& spec, const Json& words,
                       std::vector<UniqueFd> descriptors) {
  return std::visit(
      [&]<class Kind>(const Kind& end) -> OpenedPort {
        if constexpr (IsHanded<Kind>) {
          return inherit_end(end, words, std::move(descriptors));
        }
        throw std::runtime_error("a port came that cannot be handed over");
      },
      spec.far_end);
}

void check_passed(const config::FarEnd& kind, int fd, std::size_t index) {
  std::visit(
      [&]<class Kind>(const Kind& end) {
        if constexpr (IsPassed<Kind>) {
          check_passed(end, fd, index);
        } else {
          throw cannot_be_passed(Kind::type);
        }
      },
      kind);
}

PassedEnd look_at_passed(const config::FarEnd& kind, UniqueFd second) {
  return std::visit(
      [&]<class Kind>(const Kind& end) -> PassedEnd {
        if constexpr (IsPassed<Kind>) {
          return look_at_passed(end, std::move(second));
        }
        throw cannot_be_passed(Kind::type);
      },
      kind);
}

OpenedPort open_passed(const config::PortSpec& spec, UniqueFd fd) {
  return std::visit(
      [&]<class Kind>(const Kind& end) -> OpenedPort {
        if constexpr (IsPassed<Kind>) {
          return open_passed(end, std::move(fd));
        }
        throw cannot_be_passed(Kind::type);
      },
      spec.far_end);
}

}  // namespace tapswitch::network
