// SPDX-License-Identifier: Apache-2.0
// closing_work.hpp: the answer to who has removed ports: nothing, once they are closed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/rpc/work.hpp"
#include "switch/ports/close_together.hpp"

namespace tapswitch::api {

class ClosingWork final : public rpc::Work {
 public:
  explicit ClosingWork(std::vector<std::unique_ptr<Port>> ports) : closing_(std::move(ports)) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    return closing_.is_over_soon() ? std::optional(std::string("{}")) : std::nullopt;
  }

 private:
  const Closing closing_;
};

}  // namespace tapswitch::api
