// SPDX-License-Identifier: Apache-2.0
#include "control/api/apply.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <new>
#include <utility>

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

Apply::Apply(Network& network, const std::vector<config::Step>& steps)
    : network_(network), steps_(steps), before_(network.revision()), application_(network) {
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
      if (!application_.take_back(faults_)) {
        stage_ = Stage::over;
        network_.set_revision(faults_.empty() ? before_ : before_ + 1);
        throw refusal_of(steps_[at_], faults_, *refusal_);
      }
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

// A step, and behind the last one what brings all rules.
void Apply::take_next() {
  try {
    application_.take(steps_[at_]);
    if (at_ + 1 < steps_.size()) {
      ++at_;
    } else {
      network_.commit();
      stage_ = Stage::telling;
    }
    return;
  } catch (const rpc::Error& error) {
    refusal_ = error;
  } catch (const std::bad_alloc&) {
    refusal_.emplace(rpc::ErrorKind::limit_reached, rpc::no_memory);
  } catch (const std::exception& error) {
    network_.tell_operator(fmt::format("bug: {} failed: {}", text_of(steps_[at_]), error.what()));
    refusal_.emplace(rpc::ErrorKind::internal_error, "internal error; the daemon's log says more");
  }
  stage_ = Stage::taking_back;
}

void carry_out(Network& network, const std::vector<config::Step>& steps) {
  Apply apply(network, steps);
  while (!apply.go_on()) {
  }
}

}  // namespace tapswitch::api
