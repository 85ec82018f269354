// SPDX-License-Identifier: Apache-2.0
#include "control/network/unplugged_end.hpp"

#include <memory>

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

class UnpluggedEnd final : public OpenEnd {
 public:
  explicit UnpluggedEnd(bool is_door) : is_door_(is_door) {}

  [[nodiscard]] bool is_door() const override { return is_door_; }

 private:
  const bool is_door_;
};

}  // namespace

OpenedPort open_unplugged(const config::FarEnd& far_end) {
  return {.port = std::make_unique<UnpluggedPort>(),
          .end = std::make_unique<UnpluggedEnd>(is_door(far_end))};
}

}  // namespace tapswitch::network
