// SPDX-License-Identifier: Apache-2.0
// stream_port_fixture.hpp: a port of QEMU on a socket, and what a worker does with it: wait for its
// descriptor, receive until it is empty.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "switch/ports/qemu/qemu_port.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/stream_peer.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

class StreamPortFixture : public testing::Test {
 protected:
  void listen_on(const SocketAddress& address, const FileAccess& access = {}) {
    auto port = open_qemu_port({.end = QemuOptions::Listen{address}, .access = access, .mtu = 0});
    ASSERT_TRUE(port) << port.error().message();
    port_ = std::move(*port);
  }
  void connect_to(const SocketAddress& address) {
    auto port = open_qemu_port({.end = QemuOptions::Connect{address}, .access = {}, .mtu = 0});
    ASSERT_TRUE(port) << port.error().message();
    port_ = std::move(*port);
  }

  // Returns what the port says next, waiting for it; 'empty' if it says nothing for as long as a
  // slow machine may need.
  ReceiveStatus next() {
    for (;;) {
      const ReceiveStatus status = port_->receive(0, buffer_);
      if (status != ReceiveStatus::empty || !wait_until_readable(port_->descriptor(0))) {
        return status;
      }
    }
  }

  // The same, but of frames; nullopt for anything else.
  std::optional<std::vector<std::byte>> next_frame() {
    if (next() != ReceiveStatus::received) {
      return std::nullopt;
    }
    const auto bytes = buffer_.head();
    return std::vector(bytes.begin(), bytes.end());
  }

  // Receives what there is now; how that ended.
  ReceiveStatus receive() { return port_->receive(0, buffer_); }

  // Has the port take the frame, which it may keep back.
  SendStatus put(const std::vector<std::byte>& frame) {
    fill(buffer_, frame);
    return port_->send(buffer_);
  }

  // The same, and no more follows.
  SendStatus send(const std::vector<std::byte>& frame) {
    const SendStatus status = put(frame);
    port_->flush();
    return status;
  }

  // The same for a frame whose memory is gone before it leaves.
  SendStatus send_lent(const std::vector<std::byte>& frame) {
    LentMemory memory;
    fill_lent(buffer_, memory, frame);
    const SendStatus status = port_->send(buffer_);
    memory.take_back();
    port_->flush();
    return status;
  }

  // The peer's frame is received, and the peer gets the same one back.
  void expect_to_cross_both_ways(const std::vector<std::byte>& frame, StreamPeer& peer) {
    std::thread sender([&] { EXPECT_TRUE(peer.send(frame)); });
    EXPECT_EQ(next_frame(), frame);
    sender.join();
    EXPECT_EQ(send(frame), SendStatus::sent);
    EXPECT_EQ(peer.wait_for_frame(), frame);
  }

  [[nodiscard]] bool has_carrier() const {
    port_->heed_changes();
    return port_->link().has_carrier;
  }

  // A peer at the listening port, which has noticed.
  StreamPeer plug_in() {
    StreamPeer peer(address_);
    EXPECT_EQ(next(), ReceiveStatus::changed);
    EXPECT_TRUE(has_carrier());
    return peer;
  }

  TemporaryDirectory directory_;
  SocketAddress address_ = *SocketAddress::of_path(directory_.file("vm.sock"));
  std::unique_ptr<Port> port_;
  FrameBuffer buffer_;
};

}  // namespace tapswitch::test
