// SPDX-License-Identifier: Apache-2.0
// peer_slot.hpp: hands the connection of a new peer from the control thread, which makes
// connections, to the worker that receives by the port; and the word back that one has ended.
//
// Limits: one connection. Who comes while it is here waits. Threads: the control thread and the
// worker, as is said; the lock is held for a moment.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>

#include "switch/system/bell.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch {

class PeerSlot {
 public:
  PeerSlot(Bell inbox, Bell bell) : inbox_(std::move(inbox)), bell_(std::move(bell)) {}

  // The control thread calls these.

  // Readable when the worker has taken the connection, or said that one has ended.
  [[nodiscard]] int bell() const noexcept { return bell_.descriptor(); }
  // Silences the bell. Returns whether a connection has ended since the last time.
  [[nodiscard]] bool hear_end() noexcept {
    bell_.silence();
    return has_ended_.exchange(false);
  }
  [[nodiscard]] bool is_free() const noexcept {
    const std::lock_guard lock(mutex_);
    return !newcomer_.is_open();
  }
  // Requires: it is free.
  void put(PeerSocket newcomer) noexcept {
    const std::lock_guard lock(mutex_);
    newcomer_ = std::move(newcomer);
    inbox_.ring();
  }

  // The worker calls these.

  // Readable when there is something to take.
  [[nodiscard]] int inbox() const noexcept { return inbox_.descriptor(); }
  [[nodiscard]] PeerSocket take() noexcept {
    const std::lock_guard lock(mutex_);
    inbox_.silence();
    bell_.ring();
    return std::move(newcomer_);
  }
  void tell_end() noexcept {
    has_ended_ = true;
    bell_.ring();
  }

 private:
  const Bell inbox_;
  const Bell bell_;
  mutable std::mutex mutex_;
  PeerSocket newcomer_;  // guarded by mutex_
  std::atomic<bool> has_ended_ = false;
};

}  // namespace tapswitch
