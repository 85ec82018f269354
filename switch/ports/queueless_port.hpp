// SPDX-License-Identifier: Apache-2.0
// queueless_port.hpp: a port of no queues, by which no frame comes or leaves. 'Base' is Port, or a
// kind of it.
#pragma once

#include <cstddef>

#include "switch/ports/port.hpp"

namespace tapswitch {

template <class Base>
class QueuelessPort : public Base {
 public:
  [[nodiscard]] std::size_t queue_count() const noexcept final { return 0; }
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept final { return -1; }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/,
                                      FrameBuffer& /*frame*/) noexcept final {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::link_down;
  }
};

}  // namespace tapswitch
