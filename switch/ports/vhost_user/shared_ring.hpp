// SPDX-License-Identifier: Apache-2.0
// shared_ring.hpp: a ring of a guest as its two users have it: the control thread, which starts and
// stops it, and workers, which move frames by it and call the guest.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "switch/ports/vhost_user/running_ring.hpp"

namespace tapswitch {

class SharedRing {
 public:
  // For the control thread.
  void set_call(std::shared_ptr<const UniqueFd> call);

  // For workers: calls the guest once for each start, for it may wait for what was said before.
  // False: whoever is called has us wait, and is not to be called again.
  [[nodiscard]] bool call_anew() noexcept;

 protected:
  SharedRing() = default;
  ~SharedRing() = default;

  // Has the ring run. Requires: the mutex is held; likewise end().
  void begin(RunningRing ring);
  // Tells the guest what has been used. Returns where the ring is to go on. Requires: it runs.
  [[nodiscard]] std::uint16_t end();

  std::mutex mutex_;  // guards what follows
  std::optional<RunningRing> running_;

 private:
  bool is_call_due_ = false;
};

}  // namespace tapswitch
