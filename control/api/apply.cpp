// SPDX-License-Identifier: Apache-2.0
#include "control/api/apply.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>
#include <variant>

#include "control/rpc/params.hpp"

namespace tapswitch::api {

namespace {

std::string text_of(const config::Step& step) {
  std::string text;
  for (const config::PlanLine& line : step.lines) {
    text += (text.empty() ? "" : ", ") + line.text;
  }
  return text;
}

// Returns why 'step' was not taken. Whatever that was: what could not be undone is said.
rpc::Error refusal_of(const config::Step& step, const std::vector<std::string>& faults,
                      const rpc::Error& why) {
  Json data = why.to_json()["data"];
  data["step"] = text_of(step);
  if (!faults.empty()) {
    data["not_undone"] = faults;
  }
  return {why.kind(),
          fmt::format("{}: {}; {}", text_of(step), why.what(),
                      faults.empty() ? "nothing is changed"
                                     : fmt::format("and this could not be undone: {}",
                                                   fmt::join(faults, "; "))),
          std::move(data)};
}

}  // namespace

Apply::Apply(Network& network, const std::vector<config::Step>& steps, Unopened unopened)
    : network_(network),
      steps_(steps),
      before_(network.revision()),
      application_(network, unopened) {
  if (steps_.empty()) {
    stage_ = Stage::over;
  } else {
    network_.begin_composed_change();
  }
}

// For want of memory events may go untold.
Apply::~Apply() {
  if (stage_ == Stage::over) {
    return;
  }
  const bool is_made = stage_ == Stage::telling || stage_ == Stage::closing;
  try {
    while (!is_made && application_.take_back(faults_)) {
    }
    network_.set_revision(!is_made && faults_.empty() ? before_ : before_ + 1);
  } catch (const std::exception&) {
  }
}

bool Apply::go_on() {
  switch (stage_) {
    case Stage::taking:
      take_next();
      break;
    case Stage::taking_back:
      take_back_next();
      break;
    case Stage::telling:
      if (!network_.tell_some_changed()) {
        stage_ = Stage::closing;
      }
      break;
    case Stage::closing:
      if (application_.close_parked()) {
        stage_ = Stage::over;
        network_.set_revision(before_ + 1);
      }
      break;
    case Stage::over:
      break;
  }
  return stage_ == Stage::over;
}

// A step, or behind the last one what brings all of them, and the end of ports that went.
void Apply::take_next() {
  try {
    if (at_ < steps_.size()) {
      at_ += application_.take(steps_[at_]) ? 1U : 0U;
    } else if (!is_committed_) {
      network_.commit();
      is_committed_ = true;
    } else if (!application_.see_off_one()) {
      stage_ = Stage::telling;
    }
    return;
  } catch (const rpc::Error& error) {
    refusal_ = error;
  } catch (const std::bad_alloc&) {
    refusal_.emplace(rpc::ErrorKind::limit_reached, rpc::no_memory);
  } catch (const std::exception& error) {
    network_.tell_operator(
        fmt::format("bug: {} failed: {}", text_of(refused_step()), error.what()));
    refusal_.emplace(rpc::ErrorKind::internal_error, "internal error; the daemon's log says more");
  }
  stage_ = Stage::taking_back;
}

void check_steps(const Network& network, const std::vector<config::Step>& steps) {
  for (const config::Step& step : steps) {
    try {
      if (const auto* const added = std::get_if<config::AddPort>(&step.action)) {
        network.check_here(added->spec);
      } else if (const auto* const set = std::get_if<config::SetPort>(&step.action)) {
        network.check_here(set->spec);
      }
    } catch (const rpc::Error& error) {
      throw refusal_of(step, {}, error);
    }
  }
}

// Has all that comes back take effect together, too.
void Apply::take_back_next() {
  if (application_.take_back(faults_)) {
    return;
  }
  try {
    network_.bring();
  } catch (const std::exception& error) {
    faults_.emplace_back(error.what());
  }
  stage_ = Stage::over;
  network_.set_revision(faults_.empty() ? before_ : before_ + 1);
  throw refusal_of(refused_step(), faults_, *refusal_);
}

// Returns the step that was being taken; where all of them were, that which adds the port that is
// refused, or the last.
const config::Step& Apply::refused_step() const {
  if (at_ < steps_.size()) {
    return steps_[at_];
  }
  const Json data = refusal_ ? refusal_->to_json()["data"] : Json();
  const auto adds_refused = [object = rpc::text_or(data, "object", "")](const config::Step& step) {
    const auto* const added = std::get_if<config::AddPort>(&step.action);
    return added != nullptr && added->spec.name == object;
  };
  const auto found = std::ranges::find_if(steps_, adds_refused);
  return found != steps_.end() ? *found : steps_.back();
}

void carry_out(Network& network, const std::vector<config::Step>& steps, Apply::Unopened unopened) {
  Apply apply(network, steps, unopened);
  while (!apply.go_on()) {
  }
}

}  // namespace tapswitch::api
