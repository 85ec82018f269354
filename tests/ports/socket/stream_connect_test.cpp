// SPDX-License-Identifier: Apache-2.0
// The port that connects to a virtual machine, and connects again.
#include <filesystem>
#include <optional>
#include <vector>

#include "switch/ports/socket/stream_source.hpp"
#include "tests/ports/socket/stream_port_fixture.hpp"

namespace tapswitch::test {
namespace stream_connect_test {

class StreamConnect : public StreamPortFixture {
 protected:
  // The port's connection, once it has noticed itself.
  StreamPeer accept(StreamListener& listener) {
    EXPECT_EQ(next(), ReceiveStatus::changed);
    auto peer = listener.accept();
    EXPECT_TRUE(peer);
    EXPECT_TRUE(has_carrier());
    return std::move(*peer);
  }

  // The port tries once and does not reach anybody.
  void look_in_vain() {
    ASSERT_TRUE(wait_until_called());
    EXPECT_EQ(receive(), ReceiveStatus::empty);  // begins
    if (address_.is_unix()) {
      ASSERT_TRUE(wait_until_called());
      EXPECT_EQ(receive(), ReceiveStatus::empty);
    }
  }
};

TEST_F(StreamConnect, ConnectsAtOnceAndFramesCrossBothWays) {
  StreamListener listener(address_);
  connect_to(address_);
  EXPECT_FALSE(has_carrier());
  StreamPeer peer = accept(listener);
  const auto frame = FrameBuilder().build();
  ASSERT_TRUE(peer.send(frame));
  EXPECT_EQ(next_frame(), frame);
  EXPECT_EQ(send(frame), SendStatus::sent);
  EXPECT_EQ(peer.wait_for_frame(), frame);
}

TEST_F(StreamConnect, WaitsForAPeerThatIsNotThereYet) {
  connect_to(address_);
  look_in_vain();
  EXPECT_FALSE(has_carrier());
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  StreamListener listener(address_);
  accept(listener);
}

// The owner of the directory may put a link there. Frames would come back, without end.
TEST_F(StreamConnect, SocketOfThisProcessIsNotConnectedTo) {
  const auto ours = ListeningSource::open(address_, {});
  ASSERT_TRUE(ours) << ours.error().message();
  const auto link = *SocketAddress::of_path(directory_.file("link"));
  std::filesystem::create_symlink(address_.path(), link.path());
  connect_to(link);
  look_in_vain();
  EXPECT_FALSE(has_carrier());
  EXPECT_FALSE((*ours)->take().is_open());
}

TEST_F(StreamConnect, ConnectsAgainAfterAnEndInMidFrame) {
  StreamListener listener(address_);
  connect_to(address_);
  for (int turn = 0; turn < 2; ++turn) {
    StreamPeer peer = accept(listener);
    const auto whole = StreamPeer::framed(FrameBuilder().build());
    ASSERT_TRUE(peer.write(std::span(whole).first(20)));
    peer.close();
    EXPECT_EQ(next(), ReceiveStatus::misframed);
    EXPECT_EQ(next(), ReceiveStatus::changed);
    EXPECT_FALSE(has_carrier());
  }
  StreamPeer peer = accept(listener);
  ASSERT_TRUE(peer.send(FrameBuilder().build()));
  EXPECT_EQ(next_frame(), FrameBuilder().build());
}

TEST_F(StreamConnect, ConnectsAgainAfterAnInvalidLength) {
  StreamListener listener(address_);
  connect_to(address_);
  StreamPeer peer = accept(listener);
  ASSERT_TRUE(peer.write(std::vector<std::byte>(4)));
  EXPECT_EQ(next(), ReceiveStatus::misframed);
  EXPECT_TRUE(peer.wait_for_end());
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
  accept(listener);
}

TEST_F(StreamConnect, ReachesAPortByTcpOnceSomebodyListensThere) {
  const auto place = *SocketAddress::parse("tcp:127.0.0.1:41999");
  connect_to(place);
  look_in_vain();
  StreamListener listener(place);
  StreamPeer peer = accept(listener);
  const auto frame = FrameBuilder().payload(9000).build();
  EXPECT_EQ(send(frame), SendStatus::sent);
  EXPECT_EQ(peer.wait_for_frame(), frame);
}

}  // namespace stream_connect_test
}  // namespace tapswitch::test
