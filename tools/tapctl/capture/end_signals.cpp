// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/end_signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace tapswitch::tapctl {
namespace {

constexpr std::array numbers{SIGINT, SIGTERM, SIGHUP};

// A handler knows nothing else.
std::atomic<const Bell*> bell_of_signals = nullptr;
static_assert(std::atomic<const Bell*>::is_always_lock_free);

void handle_all_with(void (*handler)(int)) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  for (const int number : numbers) {
    ::sigaddset(&action.sa_mask, number);
  }
  for (const int number : numbers) {
    ::sigaction(number, &action, nullptr);
  }
}

void on_first(int /*number*/) {
  const int error = errno;
  handle_all_with(SIG_DFL);
  if (const Bell* const bell = bell_of_signals) {
    bell->ring();
  }
  errno = error;
}

}  // namespace

EndSignals::EndSignals() {
  if (!bell_.is_open()) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  bell_of_signals = &bell_;
  handle_all_with(&on_first);
}

EndSignals::~EndSignals() {
  handle_all_with(SIG_DFL);
  bell_of_signals = nullptr;
}

}  // namespace tapswitch::tapctl
