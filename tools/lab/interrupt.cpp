// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/interrupt.hpp"

#include <csignal>

#include <atomic>

#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void note(int /*number*/) { interrupted = true; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    ::sigaction(number, &action, nullptr);
  }
}

bool is_interrupted() { return interrupted; }

void forget_interrupts() { interrupted = false; }

void throw_if_interrupted() {
  if (interrupted) {
    throw Interrupted();
  }
}

}  // namespace tapswitch::lab
