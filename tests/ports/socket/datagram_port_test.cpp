// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/datagram_port.hpp"

#include <sys/socket.h>

#include <filesystem>
#include <vector>

#include "tests/ports/socket/stream_port_fixture.hpp"

namespace tapswitch::test {
namespace datagram_port_test {

using Bytes = std::vector<std::byte>;

class DatagramPortTest : public StreamPortFixture {
 protected:
  void SetUp() override {
    auto port = DatagramPort::open(address_, remote_, {}, 0);
    ASSERT_TRUE(port) << port.error().message();
    port_ = std::move(*port);
  }

  // A socket at the remote path.
  UniqueFd come() {
    std::filesystem::remove(remote_.path());
    UniqueFd peer(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(peer.get(), remote_.get(), remote_.size()), 0);
    return peer;
  }

  // The other side of the cable, which the port has noticed.
  UniqueFd plug_in() {
    UniqueFd peer = come();
    EXPECT_TRUE(has_carrier());
    return peer;
  }

  // Whether there is a carrier now: as the control thread does it each second, the port looks for
  // its peer.
  bool has_carrier() {
    port_->answer();
    port_->heed_changes();
    EXPECT_TRUE(wait_until_readable(port_->bell()));
    port_->answer();
    return port_->link().has_carrier;
  }

  void send_from(const UniqueFd& peer, const Bytes& datagram) {
    ASSERT_EQ(
        ::sendto(peer.get(), datagram.data(), datagram.size(), 0, address_.get(), address_.size()),
        static_cast<ssize_t>(datagram.size()));
  }

  static Bytes received_by(const UniqueFd& peer) {
    Bytes datagram(FrameBuffer::max_frame_size + 1);
    EXPECT_TRUE(wait_until_readable(peer.get()));
    const ssize_t size = ::recv(peer.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    datagram.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return datagram;
  }

  SocketAddress remote_ = *SocketAddress::of_path(directory_.file("peer.sock"));
};

TEST_F(DatagramPortTest, LentFrameIsOneDatagram) {
  const UniqueFd peer = plug_in();
  const Bytes frame = FrameBuilder().payload(1'500).build();
  EXPECT_EQ(send_lent(frame), SendStatus::sent);
  EXPECT_EQ(received_by(peer), frame);
}

TEST_F(DatagramPortTest, EachDatagramIsAFrame) {
  const UniqueFd peer = plug_in();
  for (const std::size_t size : {0U, 1500U, 65'544U}) {
    const Bytes frame = FrameBuilder().payload(size).build();
    send_from(peer, frame);
    EXPECT_EQ(next_frame(), frame);
    EXPECT_EQ(send(frame), SendStatus::sent);
    EXPECT_EQ(received_by(peer), frame);
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
}

TEST_F(DatagramPortTest, PeerMayComeAndGoAndComeBack) {
  EXPECT_TRUE(port_->link().is_present);
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_FALSE(has_carrier());
    EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
    const UniqueFd peer = plug_in();
    EXPECT_TRUE(has_carrier());
    EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
    send_from(peer, FrameBuilder().build());
    EXPECT_EQ(next(), ReceiveStatus::received);
  }
}

TEST_F(DatagramPortTest, PeerThatDoesNotReadIsBusyUntilItDoes) {
  const UniqueFd peer = plug_in();
  std::size_t sent = 0;
  while (send(FrameBuilder().build()) == SendStatus::sent) {
    ASSERT_LT(++sent, 100'000U);
  }
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::busy);
  EXPECT_GT(sent, 0U);
  EXPECT_FALSE(received_by(peer).empty());
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
}

TEST_F(DatagramPortTest, EmptyAndShortDatagramsAreRuntsForTheSwitchToCount) {
  const UniqueFd peer = plug_in();
  for (const std::size_t size : {0U, 1U, 13U}) {
    send_from(peer, Bytes(size));
    EXPECT_EQ(next_frame(), Bytes(size));
  }
}

TEST_F(DatagramPortTest, DatagramThatIsTooLongIsTakenOffAndSaid) {
  const UniqueFd peer = plug_in();
  send_from(peer, Bytes(FrameBuffer::max_frame_size + 1));
  EXPECT_EQ(next(), ReceiveStatus::oversize);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
}

TEST_F(DatagramPortTest, SocketOfThisProcessIsRefused) {
  const SocketAddress local = *SocketAddress::of_path(directory_.file("second.sock"));
  const SocketAddress link = *SocketAddress::of_path(directory_.file("link"));
  std::filesystem::create_symlink(address_.path(), link.path());
  // That of another port, by its name and another; and its own by another name.
  for (const SocketAddress& remote : {address_, link}) {
    const auto port = DatagramPort::open(local, remote, {}, 0);
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().number, ELOOP);
    EXPECT_FALSE(std::filesystem::exists(local.path()));
  }
  std::filesystem::remove(link.path());
  std::filesystem::create_symlink(local.path(), link.path());
  EXPECT_FALSE(DatagramPort::open(local, link, {}, 0));
}

// The owner of the directory may put a link there at any time.
TEST_F(DatagramPortTest, SocketThatBecomesOneOfThisProcessIsNotSentTo) {
  std::filesystem::create_symlink(address_.path(), remote_.path());
  EXPECT_FALSE(has_carrier());
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  const UniqueFd peer = plug_in();
  EXPECT_TRUE(has_carrier());
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
}

// As virtual machines do that call connect(2): a socket takes frames from that one alone then.
TEST_F(DatagramPortTest, PeerThatIsConnectedToThePortIsAPeer) {
  for (int turn = 0; turn < 2; ++turn) {
    // Nobody else may connect itself until the port knows that the last one is gone.
    EXPECT_FALSE(has_carrier());
    const UniqueFd peer = come();
    ASSERT_EQ(::connect(peer.get(), address_.get(), address_.size()), 0);
    EXPECT_TRUE(has_carrier());
    const Bytes frame = FrameBuilder().build();
    EXPECT_EQ(send(frame), SendStatus::sent);
    EXPECT_EQ(received_by(peer), frame);
    ASSERT_EQ(::send(peer.get(), frame.data(), frame.size(), 0),
              static_cast<ssize_t>(frame.size()));
    EXPECT_EQ(next_frame(), frame);
    EXPECT_TRUE(has_carrier());
    EXPECT_EQ(send(frame), SendStatus::sent);
  }
  // And one that is not.
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  const UniqueFd peer = plug_in();
  const UniqueFd other(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const UniqueFd* each : {&peer, &other}) {
    send_from(*each, FrameBuilder().build());
    EXPECT_EQ(next(), ReceiveStatus::received);
  }
}

// Without waiting until somebody looks again.
TEST_F(DatagramPortTest, PeerThatComesBackIsFoundByTheFramesOnTheWay) {
  const Bytes frame = FrameBuilder().build();
  {
    const UniqueFd peer = plug_in();
    EXPECT_EQ(send(frame), SendStatus::sent);
  }
  const UniqueFd second = come();
  EXPECT_EQ(send(frame), SendStatus::link_down);
  EXPECT_TRUE(wait_until([&] {
    port_->answer();
    return port_->link().has_carrier;
  }));
  EXPECT_EQ(send(frame), SendStatus::sent);
  EXPECT_EQ(received_by(second), frame);
}

TEST_F(DatagramPortTest, PeerThatSendsFirstIsFound) {
  EXPECT_FALSE(has_carrier());
  const UniqueFd peer = come();
  send_from(peer, FrameBuilder().build());
  EXPECT_EQ(next(), ReceiveStatus::received);
  EXPECT_TRUE(wait_until([&] {
    port_->answer();
    return port_->link().has_carrier;
  }));
}

TEST_F(DatagramPortTest, PortThatNobodyFindsIsDown) {
  EXPECT_TRUE(port_->link().is_up);
  std::filesystem::remove(address_.path());
  EXPECT_TRUE(wait_until([&] {
    port_->heed_changes();
    return !port_->link().is_up;
  }));
  EXPECT_EQ(port_->link().missing_file, address_.path());
}

TEST_F(DatagramPortTest, FileGoesWithThePort) {
  EXPECT_TRUE(std::filesystem::exists(address_.path()));
  port_.reset();
  EXPECT_FALSE(std::filesystem::exists(address_.path()));
}

}  // namespace datagram_port_test
}  // namespace tapswitch::test
