// SPDX-License-Identifier: Apache-2.0
// event_loop.hpp: runs the tasks of the control thread. One that finds no memory, or that the
// kernel refuses something, ends before its end; the others go on.
#pragma once

#include <chrono>
#include <exception>

#include <spdlog/logger.h>
#include <boost/asio/io_context.hpp>

namespace tapswitch::daemon {

template <class Run>
void run_tasks(spdlog::logger& log, const Run& run) {
  while (true) {
    try {
      run();
      return;
    } catch (const std::exception& error) {
      log.error("a task did not come to its end: {}", error.what());
    }
  }
}

// Returns when 'io' was stopped and what is left has been done, or 'longest' has passed.
inline void run_to_the_end(boost::asio::io_context& io, std::chrono::seconds longest,
                           spdlog::logger& log) {
  run_tasks(log, [&io] { io.run(); });
  io.restart();
  const auto end = std::chrono::steady_clock::now() + longest;
  run_tasks(log, [&io, end] { io.run_until(end); });
}

}  // namespace tapswitch::daemon
