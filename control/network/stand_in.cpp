// SPDX-License-Identifier: Apache-2.0
#include "control/network/stand_in.hpp"

#include <memory>
#include <utility>

#include "control/network/kinds/kinds.hpp"
#include "switch/ports/queueless_port.hpp"

namespace tapswitch::network {
namespace {

class UnpluggedPort final : public QueuelessPort<Port> {
 public:
  [[nodiscard]] LinkStatus link() const override {
    LinkStatus status;
    status.is_present = true;
    status.is_up = true;
    return status;
  }
};

class LostPort final : public QueuelessPort<Port> {
 public:
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::gone;
  }
  [[nodiscard]] LinkStatus link() const override { return {}; }
};

class StandInEnd final : public OpenEnd {
 public:
  explicit StandInEnd(bool is_door) : is_door_(is_door) {}

  [[nodiscard]] bool is_door() const override { return is_door_; }

 private:
  const bool is_door_;
};

OpenedPort stand_in(std::unique_ptr<Port> port, const config::FarEnd& far_end) {
  return {.port = std::move(port), .end = std::make_unique<StandInEnd>(is_door(far_end))};
}

}  // namespace

OpenedPort stand_in_for_unplugged(const config::FarEnd& far_end) {
  return stand_in(std::make_unique<UnpluggedPort>(), far_end);
}

OpenedPort stand_in_for_lost(const config::FarEnd& far_end, std::string refusal) {
  OpenedPort lost = stand_in(std::make_unique<LostPort>(), far_end);
  lost.refusal = std::move(refusal);
  return lost;
}

}  // namespace tapswitch::network
