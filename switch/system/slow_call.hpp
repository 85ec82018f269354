// SPDX-License-Identifier: Apache-2.0
// slow_call.hpp: has work done that may wait for a stranger without bound: to look a file of his up
// may wait for the server of its file system (FUSE, NFS). So threads do it that have nothing else
// to do, as with what is slow to close (slow_close.hpp).
//
// Theory of operation: calls are made for a party, on whom they may wait. Those of a party begin in
// their order; parties take turns.
// Limits: 'most_threads' threads of the process, which start when they are needed and stay;
// 'most' of them work for one party at a time. Other calls wait for their turn, and how many those
// are is up to whoever makes them. Threads: any.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace tapswitch {

class SlowCall {
 public:
  static constexpr std::size_t most_threads = 16;
  static constexpr std::size_t most_of_a_user = 2;

  struct Party {
    std::string name;
    std::size_t most = 1;

    [[nodiscard]] static Party of_user(uid_t user);
    // Returns whoever answers for the directory of 'path': what is done to files there is done one
    // after the other.
    [[nodiscard]] static Party of_path(const std::string& path);
  };

  // Starts the first thread, so that what is wanted later finds one even where no other can be had.
  // Throws std::system_error.
  static void start();

  // Has 'work' done for 'party' by another thread, soon or late. It must own what it uses, for
  // nobody need wait for its end; nor may it throw.
  SlowCall(const Party& party, std::function<void()> work);
  SlowCall(const SlowCall&) = delete;
  SlowCall& operator=(const SlowCall&) = delete;
  // Takes the call back if it has not begun.
  ~SlowCall();

  // Waits for the end of the work, but no longer than 'patience', and not at all if another call of
  // the party has been under way for so long. Returns whether the work is done, with what it owned.
  [[nodiscard]] bool wait(std::chrono::milliseconds patience) const;

  // Has 'work' done in any case, and waits for it likewise. A thread that may wait does it itself.
  static void carry_out(const Party& party, std::function<void()> work,
                        std::chrono::milliseconds patience);

 private:
  struct Work;
  class Threads;

  static Threads& threads();

  std::shared_ptr<Work> work_;
};

}  // namespace tapswitch
