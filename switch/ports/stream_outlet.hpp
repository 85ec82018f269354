// SPDX-License-Identifier: Apache-2.0
// stream_outlet.hpp: the side of a stream socket by which frames leave, each after its length.
//
// Theory of operation: a frame is written with one call. Of a stream a part of it may be written,
// and nothing else may follow before the rest: what the socket does not take goes into an outbox,
// and so does all that comes after it, until the worker that receives by the port has written it
// (flush()), for which the set that it waits by is asked. So a peer that pauses gets the outbox in
// few large writes, and one that stops reading costs 'outbox_size' bytes and no more.
//
// Threads: send() any worker, also several at once: the lock is what keeps the bytes of two frames
// apart. The rest: the worker that receives by the port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/epoll_set.hpp"
#include "switch/ports/outbox.hpp"
#include "switch/ports/port.hpp"

namespace tapswitch {

class StreamOutlet {
 public:
  static constexpr std::size_t outbox_size = std::size_t{256} * 1024;

  // The set in which its socket is to be, with 'events' and also EPOLLOUT while flush() is wanted.
  StreamOutlet(EpollSet& set, std::uint32_t events, std::uint64_t tag)
      : set_(set), events_(events), tag_(tag), outbox_(outbox_size) {}

  // From now on frames leave by 'socket'. False: the set has no room for it.
  [[nodiscard]] bool open(int socket) noexcept;
  // They leave no more; what waited is gone.
  void close() noexcept;

  // 'link_down' while it is closed, or once the peer reads no more: the socket is shut down then,
  // so that whoever reads it comes to its end.
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept;

  // To be called when the set says EPOLLOUT.
  void flush() noexcept;

 private:
  // How many of the bytes the socket takes now; nullopt: the peer is gone.
  struct Written {
    std::size_t size = 0;
    SendStatus status = SendStatus::sent;  // otherwise: why none were
  };
  [[nodiscard]] Written write(std::span<const std::span<const std::byte>> parts) noexcept;

  EpollSet& set_;
  const std::uint32_t events_;
  const std::uint64_t tag_;

  std::mutex mutex_;  // guards what follows
  int socket_ = -1;
  Outbox outbox_;
};

}  // namespace tapswitch
