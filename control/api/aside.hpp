// SPDX-License-Identifier: Apache-2.0
// aside.hpp: computes something on a thread of its own, for whoever has other things to do
// meanwhile. Only what is pure may be computed so: it knows nothing but values that nobody changes.
//
// Limits: most_aside at a time; others wait. The end of an Aside waits for its thread.
// Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>

namespace tapswitch::api {

// So many threads are not counted among the workers, whose cores they share.
constexpr std::ptrdiff_t most_aside = 2;
inline std::counting_semaphore<most_aside> places_aside{most_aside};

template <class Result>
class Aside {
 public:
  explicit Aside(std::function<Result()> compute) : compute_(std::move(compute)) {}

  // Returns the result when it is there, for which it waits half a millisecond at most. Throws what
  // the computation throws.
  [[nodiscard]] std::optional<Result> result_soon() {
    constexpr std::chrono::microseconds moment{500};
    if (!coming_.valid()) {
      if (!places_aside.try_acquire()) {
        std::this_thread::sleep_for(moment);
        return std::nullopt;
      }
      begin();
    }
    return coming_.wait_for(moment) == std::future_status::ready
               ? std::optional<Result>(coming_.get())
               : std::nullopt;
  }

 private:
  class Place {
   public:
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { places_aside.release(); }
  };

  void begin() {
    const auto compute = [this] {
      const Place place;
      return compute_();
    };
    try {
      coming_ = std::async(std::launch::async, compute);
    } catch (const std::system_error&) {
      std::packaged_task<Result()> at_once(compute);  // there is no thread to be had
      coming_ = at_once.get_future();
      at_once();
    }
  }

  const std::function<Result()> compute_;
  std::future<Result> coming_;  // last, for its thread uses the rest
};

}  // namespace tapswitch::api
