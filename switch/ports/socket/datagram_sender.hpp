// SPDX-License-Identifier: Apache-2.0
// datagram_sender.hpp: the sockets of a datagram port: its own, at which it is written to, and that
// which sends to whoever has the remote file.
//
// Theory of operation: to send to a path is to look it up for each frame, which may wait for its
// file system; to send by a socket that is connected waits for nobody. But a socket that is
// connected is written to by its peer alone, so another than our own is. Only a peer that is itself
// connected to our own takes nothing by the other, and then it is our own that is connected, and
// refuses all others (EPERM) until connect() has found that the peer is gone.
//
// Threads: connect() one that may wait, one at a time; send() any worker, meanwhile too, for the
// kernel exchanges a socket's peer at once.
#pragma once

#include <atomic>
#include <string>

#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch {

class DatagramSender {
 public:
  DatagramSender(PeerSocket own, PeerSocket other, std::string remote);

  [[nodiscard]] const PeerSocket& own() const noexcept { return own_; }
  [[nodiscard]] const std::string& remote() const noexcept { return remote_; }

  // Looks who has the remote file, and sends to that one from now on; to nobody if nobody has it,
  // or a socket of this process has. May wait for its file system.
  void connect() noexcept;

  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept;

  // Whether somebody is there, as of the last connect(), or the last frame.
  [[nodiscard]] bool has_peer() const noexcept { return sends_by_.load() >= 0; }
  // Whether the last connect() has found a socket of this process.
  [[nodiscard]] bool leads_home() const noexcept { return leads_home_; }

  // Takes nothing more in. For a port that goes while a thread has this still.
  void end() noexcept;

 private:
  [[nodiscard]] int find_peer() noexcept;

  const PeerSocket own_;
  const PeerSocket other_;
  const std::string remote_;
  std::atomic<int> sends_by_ = -1;  // the socket that is connected
  std::atomic<bool> leads_home_ = false;
};

}  // namespace tapswitch
