// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/close_together.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <thread>
#include <utility>

namespace tapswitch {

void close_together(std::vector<std::unique_ptr<Port>> ports) {
  constexpr std::size_t most_threads = 16;
  std::atomic<std::size_t> next{0};
  const auto close_some = [&] {
    for (std::size_t i = next++; i < ports.size(); i = next++) {
      ports[i].reset();
    }
  };
  std::vector<std::jthread> others;
  try {
    while (others.size() + 1 < std::min(most_threads, ports.size())) {
      others.emplace_back(close_some);
    }
  } catch (const std::system_error&) {
    // Then there are fewer.
  }
  close_some();
}

Closing::Closing(std::vector<std::unique_ptr<Port>> ports) {
  if (std::ranges::all_of(ports, [](const auto& port) { return port == nullptr; })) {
    return;
  }
  try {
    end_ = std::async(std::launch::async,
                      [ports = std::move(ports)]() mutable { close_together(std::move(ports)); });
  } catch (const std::system_error&) {
    // Without a thread they are closed by now.
  }
}

bool Closing::is_over_soon() const {
  constexpr std::chrono::microseconds moment{500};
  return !end_.valid() || end_.wait_for(moment) == std::future_status::ready;
}

}  // namespace tapswitch
