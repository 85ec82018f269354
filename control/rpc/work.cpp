// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/work.hpp"

#include <utility>

namespace tapswitch::rpc {

namespace {

class WorkAndThen final : public Work {
 public:
  WorkAndThen(std::unique_ptr<Work> work, std::function<void()> done)
      : work_(std::move(work)), done_(std::move(done)) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    auto result = work_->go_on();
    if (result) {
      done_();
    }
    return result;
  }

 private:
  const std::unique_ptr<Work> work_;
  const std::function<void()> done_;
};

}  // namespace

Outcome and_then(Outcome outcome, std::function<void()> done) {
  if (auto* const work = std::get_if<std::unique_ptr<Work>>(&outcome)) {
    *work = std::make_unique<WorkAndThen>(std::move(*work), std::move(done));
  } else {
    done();
  }
  return outcome;
}

}  // namespace tapswitch::rpc
