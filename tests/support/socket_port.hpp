// SPDX-License-Identifier: Apache-2.0
// socket_port.hpp: a port that needs no root: one end of a SOCK_SEQPACKET pair, whose other end the
// test holds. It can be full and it can be closed, which a TAP cannot so easily.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "switch/ports/port.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

class SocketPort final : public Port {
 public:
  // With 'offloads' a virtio-net header stands before each frame.
  SocketPort(UniqueFd fd, const std::optional<OffloadSet>& offloads)
      : fd_(std::move(fd)), offloads_(offloads) {}

  // Makes it a port whose far end wants no shorter frames. Requires: it is on no switch yet.
  void set_least_frame_size(std::size_t size) { least_frame_size_ = size; }

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override { return fd_.get(); }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] std::size_t least_frame_size() const noexcept override { return least_frame_size_; }
  [[nodiscard]] OffloadSet offloads() const noexcept override {
    return offloads_.value_or(OffloadSet());
  }
  [[nodiscard]] LinkStatus link() const override;

 private:
  UniqueFd fd_;
  std::optional<OffloadSet> offloads_;
  std::size_t least_frame_size_ = 0;
};

// The far end of a SocketPort: the station on the cable.
class Cable {
 public:
  explicit Cable(UniqueFd fd) : fd_(std::move(fd)) {}

  // Gives the switch a frame. False if the port has no room for it or is gone.
  bool send(std::span<const std::byte> frame);

  // The next frame that is there; nullopt if there is none now.
  [[nodiscard]] std::optional<std::vector<std::byte>> receive();

  // The next frame, waiting for it as long as a slow machine may need; nullopt if none comes.
  [[nodiscard]] std::optional<std::vector<std::byte>> wait_for_frame();

  // Pulls it out: the port reads its end.
  void pull() { fd_.reset(); }

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

struct SocketPortPair {
  std::unique_ptr<SocketPort> port;
  Cable cable;
};

// A port and its cable, with about 'buffer_size' bytes of room in each direction. Makes the process
// ignore SIGPIPE.
[[nodiscard]] SocketPortPair make_socket_port(
    int buffer_size = 1 << 20, const std::optional<OffloadSet>& offloads = std::nullopt);

}  // namespace tapswitch::test
