// SPDX-License-Identifier: Apache-2.0
// stream_outlet.hpp: the side of a stream socket by which frames leave, each after its length.
//
// Theory of operation: frames gather in an outbox until flush(), which writes them with one call:
// that, and to read them, is most of what a small frame costs. What the socket does not take stays
// in the outbox, and all that comes after it gathers behind it, until the set in which the socket
// is says that it takes more (resume()). So a peer that pauses gets the outbox in few large writes,
// and one that stops reading costs 'outbox_size' bytes and no more.
//
// Threads: send() and flush() any worker, also several at once: the lock is what keeps the bytes of
// two frames apart. The rest: the worker that receives by the port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/socket/outbox.hpp"
#include "switch/system/epoll_set.hpp"

namespace tapswitch {

class StreamOutlet {
 public:
  static constexpr std::size_t outbox_size = std::size_t{256} * 1024;

  // The set in which its socket is to be, with 'events' and also EPOLLOUT while resume() is wanted.
  StreamOutlet(EpollSet& set, std::uint32_t events, std::uint64_t tag)
      : set_(set), events_(events), tag_(tag), outbox_(outbox_size) {}

  // From now on frames leave by 'socket'. False: the set has no room for it.
  [[nodiscard]] bool open(int socket) noexcept;
  // Ends the outlet: no more leaves, and what waited is gone.
  void close() noexcept;

  // Takes the frame in. 'link_down' while it is closed, or once the peer was found to read no more;
  // 'busy' if there is no room.
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept;

  // Writes what has gathered. If the peer is gone, the socket is shut down, so that whoever reads
  // it comes to its end.
  void flush() noexcept;

  // To be called when the set says EPOLLOUT.
  void resume() noexcept;

 private:
  void write_out() noexcept;  // with mutex_ held, and something to write

  EpollSet& set_;
  const std::uint32_t events_;
  const std::uint64_t tag_;

  std::mutex mutex_;  // guards what follows
  int socket_ = -1;
  bool is_stalled_ = false;  // the socket took less than it was given
  Outbox outbox_;
};

}  // namespace tapswitch
