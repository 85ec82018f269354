// SPDX-License-Identifier: Apache-2.0
// Ports whose paths lead to a file system that does not answer: neither the thread that moves their
// frames nor the control thread waits for it.
#include <sys/socket.h>

#include <chrono>
#include <filesystem>

#include "switch/ports/socket/stream_source.hpp"
#include "tests/ports/socket/stream_port_fixture.hpp"
#include "tests/support/hung_file_system.hpp"
#include "tests/support/root.hpp"

namespace tapswitch::test {
namespace hung_paths_test {

class HungPaths : public StreamPortFixture {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    if (!hung_.is_mounted()) {
      GTEST_SKIP() << "this kernel has no FUSE";
    }
  }

  HungFileSystem hung_{directory_.file("hung")};  // before any thread starts that may wait
  const SocketAddress path_ = *SocketAddress::of_path(hung_.path() + "/socket");
};

TEST_F(HungPaths, PortThatConnectsHasNoCarrierAndEnds) {
  connect_to(path_);
  for (int turn = 0; turn < 10; ++turn) {
    EXPECT_EQ(receive(), ReceiveStatus::empty);
    EXPECT_FALSE(has_carrier());
    wait_until_readable(port_->bell(), std::chrono::milliseconds(10));
  }
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  port_.reset();
}

TEST_F(HungPaths, PortThatListensIsRefusedInTime) {
  for (const QemuOptions& options :
       {QemuOptions{.end = QemuOptions::Listen{path_}, .access = {}, .mtu = 0},
        QemuOptions{.end = QemuOptions::Datagram{path_, address_}, .access = {}, .mtu = 0}}) {
    const auto began = std::chrono::steady_clock::now();
    const auto port = open_qemu_port(options);
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().number, ETIMEDOUT);
    EXPECT_EQ(port.error().message(), "cannot make socket '" + path_.path() +
                                          "': Connection timed out (the file system does not "
                                          "answer)");
    EXPECT_LT(std::chrono::steady_clock::now() - began, patience);
  }
  // Elsewhere there is room.
  listen_on(address_);
  plug_in();
}

TEST_F(HungPaths, DatagramsThatComeAreReceivedThoughNoneCanBeSent) {
  auto port =
      open_qemu_port({.end = QemuOptions::Datagram{address_, path_}, .access = {}, .mtu = 0});
  ASSERT_TRUE(port) << port.error().message();
  port_ = std::move(*port);
  const UniqueFd peer(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (int turn = 0; turn < 3; ++turn) {
    ASSERT_EQ(::sendto(peer.get(), &turn, sizeof turn, 0, address_.get(), address_.size()),
              static_cast<ssize_t>(sizeof turn));
    EXPECT_EQ(next(), ReceiveStatus::received);
    EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
    EXPECT_FALSE(has_carrier());
  }
  port_.reset();
  EXPECT_FALSE(std::filesystem::exists(address_.path()));
  // Nobody can write to the port that is gone.
  EXPECT_NE(::sendto(peer.get(), &peer, 1, 0, address_.get(), address_.size()), 1);
}

}  // namespace hung_paths_test
}  // namespace tapswitch::test
