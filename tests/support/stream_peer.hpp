// SPDX-License-Identifier: Apache-2.0
// stream_peer.hpp: the program at the far end of a stream port, as a test plays it: whole frames,
// or whatever bytes it likes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

class StreamPeer {
 public:
  // Connects; throws if it cannot.
  explicit StreamPeer(const SocketAddress& address);
  // Has a connection.
  explicit StreamPeer(UniqueFd connection) : socket_(std::move(connection)) {}

  // All of them, waiting for room if there is none. False: the port does not take them.
  bool write(std::span<const std::byte> bytes);
  // A frame with its length before it.
  bool send(std::span<const std::byte> frame) { return write(framed(frame)); }
  [[nodiscard]] static std::vector<std::byte> framed(std::span<const std::byte> frame);

  // The next frame, waiting for it as long as a slow machine may need; nullopt if none comes whole.
  [[nodiscard]] std::optional<std::vector<std::byte>> wait_for_frame();
  // Whether the port has closed the connection; waits for that.
  [[nodiscard]] bool wait_for_end();
  // Takes an octet, if there is one.
  [[nodiscard]] bool has_ended() const;

  void close() { socket_.reset(); }
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  bool read(std::span<std::byte> bytes);

  UniqueFd socket_;
};

// A socket that listens, for a port that connects.
class StreamListener {
 public:
  explicit StreamListener(const SocketAddress& address);

  // The next that connects; nullopt if none does.
  [[nodiscard]] std::optional<StreamPeer> accept();

  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  UniqueFd socket_;
};

}  // namespace tapswitch::test
