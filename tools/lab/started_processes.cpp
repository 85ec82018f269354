// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/started_processes.hpp"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tools/lab/failure.hpp"
#include "tools/lab/interrupt.hpp"

namespace tapswitch::lab {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// One that cannot bind its port or read its file knows by then; all of a lab have it together.
constexpr milliseconds time_to_fail{300};
constexpr milliseconds settle_interval{20};

}  // namespace

void StartedProcesses::add(StartedProcess process) {
  const std::lock_guard lock(mutex_);
  processes_.push_back(std::move(process));
  last_start_ = Clock::now();
}

void StartedProcesses::complain_of(const std::optional<std::string>& title) {
  const std::lock_guard lock(mutex_);
  for (StartedProcess& process : processes_) {
    if (title && process.title != *title) {
      continue;
    }
    if (const auto status = process.child.wait(milliseconds(0))) {
      throw Failure(fmt::format("{}: '{}' ended, with status {}; its last lines:\n{}",
                                process.title, process.name, *status,
                                logs_.last_lines(process.log, process.offset)));
    }
  }
}

void StartedProcesses::settle() {
  while (!processes_.empty() && Clock::now() < last_start_ + time_to_fail) {
    complain_of(std::nullopt);
    std::this_thread::sleep_for(settle_interval);
    throw_if_interrupted();
  }
  complain_of(std::nullopt);
}

}  // namespace tapswitch::lab
