// SPDX-License-Identifier: Apache-2.0
// outside.hpp: the way back to the network that tapctl was called in.
//
// Theory of operation: a lab without root is in a network namespace of its own, and who has gone
// into it is not let out again. A thread that is made before stays where it is, and so do the
// processes that it starts: in the lab's user and PID namespaces, and in the network of its user.
// Threads: run() may be called by any.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <thread>

namespace tapswitch::lab {

class Outside {
 public:
  // Made by whoever is outside.
  Outside();

  // Has 'work' done there. Returns when it is; throws what it throws.
  void run(const std::function<void()>& work);

 private:
  void serve(const std::stop_token& end);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::packaged_task<void()>> tasks_;
  std::jthread thread_;  // the last: it ends before what it uses
};

}  // namespace tapswitch::lab
