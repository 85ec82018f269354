// SPDX-License-Identifier: Apache-2.0
// slow_call.hpp: has work done that may wait for a stranger without bound: to look a file of his up
// may wait for the server of its file system (FUSE, NFS). So threads do it that have nothing else
// to do, as with what is slow to close (slow_close.hpp).
//
// Limits: 'most_threads' threads of the process, which start when they are first needed and stay;
// 'most_of_a_user' of them work for one user at a time. The calls of others wait for their turn,
// and how many those are is up to whoever makes them. Threads: any.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace tapswitch {

class SlowCall {
 public:
  static constexpr std::size_t most_threads = 8;
  static constexpr std::size_t most_of_a_user = 2;

  // Has 'work' done for 'user' by another thread, soon or late. It must own what it uses, for
  // nobody waits for its end; nor may it throw.
  SlowCall(uid_t user, std::function<void()> work);
  SlowCall(const SlowCall&) = delete;
  SlowCall& operator=(const SlowCall&) = delete;
  // Takes the call back if it has not begun.
  ~SlowCall();

 private:
  struct Work;
  class Threads;

  static Threads& threads();

  std::shared_ptr<Work> work_;
};

}  // namespace tapswitch
