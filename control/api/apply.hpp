// SPDX-License-Identifier: Apache-2.0
// apply.hpp: carries a plan out, whole or not at all, and bit by bit, so that others are answered
// meanwhile.
//
// Theory of operation: until it is over, whatever is configured is told as it was before, and
// rules as frames are treated by them (network.hpp). Rules, ports that come and ports that go take
// effect together, behind the last step, but for ports in whose place others come: those go before.
// Requires: nobody else changes what is configured before it is over.
// Threads: the control thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "control/api/application.hpp"
#include "control/config/plan.hpp"
#include "control/network/network.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

class Apply {
 public:
  using Unopened = Application::Unopened;

  // Takes the steps that plan() has made for 'network' as it is now; together they count as one
  // change. Both must outlive it.
  Apply(Network& network, const std::vector<config::Step>& steps,
        Unopened unopened = Unopened::refused);
  Apply(const Apply&) = delete;
  Apply& operator=(const Apply&) = delete;
  ~Apply();  // takes back what has not come to its end

  // Does one bit more: a step, a part of one, or taking one back. Returns whether it is over. If a
  // step is refused it throws the error when all is taken back, with the "step" it was and, if
  // something could not be taken back, with what that is as "not_undone"; else everything is as it
  // was before.
  [[nodiscard]] bool go_on();

 private:
  enum class Stage { taking, telling, closing, taking_back, over };

  void take_next();
  void take_back_next();
  [[nodiscard]] const config::Step& refused_step() const;

  Network& network_;
  const std::vector<config::Step>& steps_;
  const std::uint64_t before_;  // the revision
  Application application_;
  Stage stage_ = Stage::taking;
  std::size_t at_ = 0;  // among the steps
  bool is_committed_ = false;
  std::optional<rpc::Error> refusal_;  // of that step
  std::vector<std::string> faults_;    // of taking back
};

// Throws the refusal of the first of these steps that no daemon with so many workers can take.
void check_steps(const Network& network, const std::vector<config::Step>& steps);

// Carries the steps out at once.
void carry_out(Network& network, const std::vector<config::Step>& steps, Apply::Unopened unopened);

}  // namespace tapswitch::api
