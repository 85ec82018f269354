// SPDX-License-Identifier: Apache-2.0
// stream_port_fixture.hpp: a port of QEMU on a socket, and what is done with it: a worker waits for
// its descriptor and receives until it is empty, and the control thread answers its bell. Both are
// the thread of the test.
#pragma once

#include <poll.h>

#include <array>
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
      const ReceiveStatus status = receive();
      if (status != ReceiveStatus::empty || !wait_until_called()) {
        return status;
      }
    }
  }

  // Waits until there is something to do for either thread.
  bool wait_until_called() {
    std::array<pollfd, 2> both = {{{.fd = port_->descriptor(0), .events = POLLIN, .revents = 0},
                                   {.fd = port_->bell(), .events = POLLIN, .revents = 0}}};
    constexpr auto at_most = std::chrono::milliseconds(patience);
    return ::poll(both.data(), both.size(), static_cast<int>(at_most.count())) > 0;
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
  ReceiveStatus receive() {
    port_->answer();
    return port_->receive(0, buffer_);
  }

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
  std::unique_ptr<AttendedPort> port_;
  FrameBuffer buffer_;
};

}  // namespace tapswitch::test
