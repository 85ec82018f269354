// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/patch.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/patch/patch_port.hpp"

namespace tapswitch::network {
namespace {

class PatchEnd final : public OpenEnd {
 public:
  [[nodiscard]] static OpenedPort of(std::unique_ptr<PatchPort> port) {
    auto end = std::make_unique<PatchEnd>(*port);
    return {.port = std::move(port), .end = std::move(end)};
  }

  explicit PatchEnd(const PatchPort& port) : port_(port) {}

  [[nodiscard]] std::optional<OpenedPort> open_opposite() const override {
    return of(PatchPort::open_opposite(port_));
  }

 private:
  const PatchPort& port_;
};

}  // namespace

OpenedPort open_end(const config::PatchSpec& end, const Opening& opening) {
  const auto found = opening.network.ports().find(end.peer);
  auto opposite =
      found != opening.network.ports().end() ? found->second.end->open_opposite() : std::nullopt;
  return opposite ? std::move(*opposite) : PatchEnd::of(value_or_refuse(PatchPort::open()));
}

}  // namespace tapswitch::network
