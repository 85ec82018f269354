// SPDX-License-Identifier: Apache-2.0
// end_signals.hpp: SIGINT, SIGTERM and SIGHUP, by which somebody says that it is enough.
//
// Theory of operation: the first rings a bell, and what was waited for goes on. Those behind it do
// what they do to any program: an output or a daemon that stands still holds nobody up for longer.
// Threads: one. Limits: there is one at a time.
#pragma once

#include "switch/system/bell.hpp"

namespace tapswitch::tapctl {

class EndSignals {
 public:
  // Throws std::system_error.
  EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;
  ~EndSignals();

  // Readable once the first has come, until take().
  [[nodiscard]] int descriptor() const noexcept { return bell_.descriptor(); }
  void take() const noexcept { bell_.silence(); }

 private:
  Bell bell_;
};

}  // namespace tapswitch::tapctl
