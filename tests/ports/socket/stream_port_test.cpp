// SPDX-License-Identifier: Apache-2.0
// The port that listens for a virtual machine, with peers of every kind at its socket.
#include "switch/ports/socket/stream_port.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/ports/socket/stream_port_fixture.hpp"

namespace tapswitch::test {
namespace stream_port_test {

using Bytes = std::vector<std::byte>;

class StreamPortTest : public StreamPortFixture {
 protected:
  void SetUp() override { listen_on(address_); }
};

TEST_F(StreamPortTest, HasNoCarrierUntilSomebodyComesAndNoneOnceHeHasGone) {
  EXPECT_TRUE(port_->link().is_present);
  EXPECT_FALSE(has_carrier());
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  StreamPeer peer = plug_in();
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
  EXPECT_TRUE(peer.wait_for_frame());
  peer.close();
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
  EXPECT_TRUE(port_->link().is_present);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
}

TEST_F(StreamPortTest, FramesCrossBothWaysFromTheSmallestToTheLargest) {
  StreamPeer peer = plug_in();
  for (const std::size_t size : {0U, 1U, 46U, 1500U, 9000U, 65'544U}) {
    expect_to_cross_both_ways(FrameBuilder().payload(size).build(), peer);
  }
}

TEST_F(StreamPortTest, FrameThatComesByteByByteIsWholeWithItsLast) {
  StreamPeer peer = plug_in();
  const Bytes frame = FrameBuilder().build();
  const Bytes stream = StreamPeer::framed(frame);
  for (std::size_t i = 0; i + 1 < stream.size(); ++i) {
    ASSERT_TRUE(peer.write({&stream[i], 1}));
    EXPECT_EQ(receive(), ReceiveStatus::empty);
  }
  ASSERT_TRUE(peer.write({&stream.back(), 1}));
  EXPECT_EQ(receive(), ReceiveStatus::received);
}

TEST_F(StreamPortTest, LentFrameIsCopied) {
  StreamPeer peer = plug_in();
  for (const std::size_t size : {46U, 1'500U, 60'000U}) {
    const Bytes frame = FrameBuilder().payload(size).build();
    ASSERT_EQ(send_lent(frame), SendStatus::sent);
    EXPECT_EQ(peer.wait_for_frame(), frame);
  }
}

TEST_F(StreamPortTest, FramesThatCameTogetherAreAllThereBeforeItIsEmpty) {
  StreamPeer peer = plug_in();
  Bytes stream;
  for (std::size_t i = 0; i < 100; ++i) {
    const Bytes framed = StreamPeer::framed(FrameBuilder().payload(46 + i).build());
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  ASSERT_TRUE(peer.write(stream));
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(receive(), ReceiveStatus::received);
    EXPECT_EQ(buffer_.size(), 14 + 46 + i);
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
}

// Whoever takes one frame a wake-up must be woken for the next, though the socket is empty by then.
TEST_F(StreamPortTest, DescriptorIsReadableAsLongAsThereIsSomethingToSay) {
  StreamPeer peer = plug_in();
  const Bytes framed = StreamPeer::framed(FrameBuilder().build());
  Bytes stream = framed;
  stream.insert(stream.end(), framed.begin(), framed.end());
  stream.resize(stream.size() + 4);  // and a length that no frame has
  ASSERT_TRUE(peer.write(stream));
  for (const ReceiveStatus status : {ReceiveStatus::received, ReceiveStatus::received,
                                     ReceiveStatus::misframed, ReceiveStatus::changed}) {
    ASSERT_TRUE(wait_until_readable(port_->descriptor(0)));
    ASSERT_EQ(receive(), status);
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(0)));
}

TEST_F(StreamPortTest, ChangeIsToldAgainOnceItIsHeededAndNotOnceSomebodyHasLooked) {
  StreamPeer peer(address_);
  ASSERT_EQ(next(), ReceiveStatus::changed);
  EXPECT_TRUE(port_->link().has_carrier);
  peer.close();
  ASSERT_TRUE(wait_until([&] {
    EXPECT_EQ(receive(), ReceiveStatus::empty);
    return !port_->link().has_carrier;
  }));
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  port_->heed_changes();
  EXPECT_EQ(next(), ReceiveStatus::changed);
}

TEST_F(StreamPortTest, FramesOnTheWayOutliveThePeer) {
  StreamPeer peer = plug_in();
  ASSERT_TRUE(peer.send(FrameBuilder().build()));
  peer.close();
  EXPECT_EQ(next(), ReceiveStatus::received);
  EXPECT_EQ(next(), ReceiveStatus::changed);
}

TEST_F(StreamPortTest, PeerThatEndsWithinAFrameLosesItAndTheNextIsTakenIn) {
  StreamPeer peer = plug_in();
  const Bytes whole = StreamPeer::framed(FrameBuilder().build());
  ASSERT_TRUE(peer.write(std::span(whole).first(30)));
  peer.close();
  EXPECT_EQ(next(), ReceiveStatus::misframed);
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
  StreamPeer second = plug_in();
  ASSERT_TRUE(second.send(FrameBuilder().build()));
  EXPECT_EQ(next_frame(), FrameBuilder().build());
}

TEST_F(StreamPortTest, LengthThatNoFrameHasEndsTheConnection) {
  for (const std::array<std::uint8_t, 4> length : {std::array<std::uint8_t, 4>{0, 0, 0, 0},
                                                   {0, 0, 0, 13},
                                                   {0, 1, 0, 0x17},
                                                   {0xff, 0xff, 0xff, 0xff}}) {
    StreamPeer peer = plug_in();
    ASSERT_TRUE(peer.write(std::as_bytes(std::span(length))));
    EXPECT_EQ(next(), ReceiveStatus::misframed);
    EXPECT_EQ(next(), ReceiveStatus::changed);
    EXPECT_FALSE(has_carrier());
    EXPECT_TRUE(peer.wait_for_end());
  }
}

TEST_F(StreamPortTest, SecondPeerIsTurnedAwayAndTheFirstStays) {
  StreamPeer first = plug_in();
  StreamPeer second(address_);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_TRUE(second.wait_for_end());
  ASSERT_TRUE(first.send(FrameBuilder().build()));
  EXPECT_EQ(next_frame(), FrameBuilder().build());
}

TEST_F(StreamPortTest, PeerThatIsStartedAnewAtOnceIsTakenIn) {
  StreamPeer first = plug_in();
  ASSERT_TRUE(first.send(FrameBuilder().build()));
  first.close();
  StreamPeer second(address_);
  ASSERT_TRUE(second.send(FrameBuilder().payload(100).build()));
  EXPECT_EQ(next_frame(), FrameBuilder().build());
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_TRUE(has_carrier());
  EXPECT_EQ(next_frame(), FrameBuilder().payload(100).build());
}

TEST_F(StreamPortTest, PeersOfWhomEachComesAsSoonAsTheLastHasGoneAreAllHeard) {
  constexpr int count = 2000;
  std::thread peers([&] {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(StreamPeer(address_).send(FrameBuilder().build()));
    }
  });
  int frames = 0;
  while (frames < count) {
    const ReceiveStatus status = next();
    if (status == ReceiveStatus::changed) {
      (void)has_carrier();
    } else if (status == ReceiveStatus::received) {
      ++frames;
    } else {
      break;
    }
  }
  EXPECT_EQ(frames, count);
  peers.join();
}

// Whoever is told and does not look is not told again and again.
TEST_F(StreamPortTest, ChangesAreToldOnceUntilSomebodyLooks) {
  StreamPeer peer(address_);
  EXPECT_EQ(next(), ReceiveStatus::changed);
  peer.close();
  ASSERT_TRUE(wait_until_readable(port_->descriptor(0)));
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(has_carrier());
}

TEST_F(StreamPortTest, FramesGatherUntilNoMoreFollow) {
  StreamPeer peer = plug_in();
  const Bytes first = FrameBuilder().payload(100).build();
  const Bytes second = FrameBuilder().payload(200).build();
  EXPECT_EQ(put(first), SendStatus::sent);
  EXPECT_EQ(put(second), SendStatus::sent);
  EXPECT_FALSE(wait_until_readable(peer.descriptor(), std::chrono::milliseconds(0)));
  port_->flush();
  EXPECT_EQ(peer.wait_for_frame(), first);
  EXPECT_EQ(peer.wait_for_frame(), second);
}

TEST_F(StreamPortTest, OutboxThatIsFullIsWrittenAtOnce) {
  StreamPeer peer = plug_in();
  const Bytes frame = FrameBuilder().payload(60'000).build();
  constexpr int count = 20;
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(peer.wait_for_frame(), frame);
    }
    is_done = true;
  });
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(wait_until([&] {
      (void)receive();  // writes what the socket takes by now
      return put(frame) == SendStatus::sent;
    }));
  }
  port_->flush();
  EXPECT_TRUE(wait_until([&] {
    (void)receive();
    return is_done.load();
  }));
  reader.join();
}

TEST_F(StreamPortTest, PeerThatStopsReadingCostsALimitedAmountAndRecovers) {
  StreamPeer peer = plug_in();
  const Bytes frame = FrameBuilder().payload(1500).build();
  SendStatus status = SendStatus::sent;
  std::size_t sent = 0;
  while ((status = send(frame)) == SendStatus::sent) {
    ASSERT_LT(++sent * frame.size(), std::size_t{8} << 20);
  }
  EXPECT_EQ(status, SendStatus::busy);
  EXPECT_EQ(send(frame), SendStatus::busy);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  std::thread reader([&] {
    for (std::size_t i = 0; i < sent; ++i) {
      ASSERT_EQ(peer.wait_for_frame(), frame) << "frame " << i << " of " << sent;
    }
    ASSERT_TRUE(peer.send(FrameBuilder().build()));
  });
  EXPECT_EQ(next(), ReceiveStatus::received);
  reader.join();
  EXPECT_EQ(send(frame), SendStatus::sent);
  EXPECT_EQ(peer.wait_for_frame(), frame);
}

// The rest of a frame of which a part was written must come before anything else, and comes by
// itself.
TEST_F(StreamPortTest, FrameOfWhichAPartWasWrittenIsCompletedWithoutAnotherFrame) {
  StreamPeer peer = plug_in();
  const Bytes frame = FrameBuilder().payload(60'000).build();
  std::size_t sent = 0;
  while (send(frame) == SendStatus::sent) {
    ++sent;
  }
  ASSERT_GT(sent, 1U);
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    for (std::size_t i = 0; i < sent; ++i) {
      EXPECT_EQ(peer.wait_for_frame(), frame);
    }
    is_done = true;
  });
  EXPECT_TRUE(wait_until([&] { return receive() == ReceiveStatus::empty && is_done; }));
  reader.join();
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(0)));
}

TEST_F(StreamPortTest, SeveralThreadsMaySendAndNoFrameIsTorn) {
  StreamPeer peer = plug_in();
  const Bytes last = FrameBuilder().build();
  std::atomic<bool> is_over = false;
  std::size_t received = 0;
  std::thread reader([&] {
    // A frame that comes whole is of the size that its sender has.
    while (const auto frame = peer.wait_for_frame()) {
      if (*frame == last) {
        break;
      }
      const auto number = std::to_integer<std::size_t>(frame->at(11));
      EXPECT_EQ(frame->size(), 14 + 400 * number);
      ++received;
    }
    is_over = true;
  });
  std::thread worker([&] {
    FrameBuffer buffer;
    while (!is_over) {
      EXPECT_EQ(port_->receive(0, buffer), ReceiveStatus::empty);
      wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(1));
    }
  });
  std::atomic<std::size_t> sent = 0;
  std::vector<std::thread> senders;
  for (std::size_t number = 1; number <= 4; ++number) {
    senders.emplace_back([&, number] {
      FrameBuffer buffer;
      const MacAddress source(0x0200'0000'0000 + number);
      const Bytes frame = FrameBuilder().from(source).payload(400 * number).build();
      for (int i = 0; i < 2000; ++i) {
        fill(buffer, frame);
        sent += port_->send(buffer) == SendStatus::sent ? 1 : 0;
        if (i % 8 == 7) {
          port_->flush();
        }
      }
    });
  }
  for (std::thread& sender : senders) {
    sender.join();
  }
  EXPECT_TRUE(wait_until([&] { return send(last) == SendStatus::sent; }));
  reader.join();
  worker.join();
  EXPECT_EQ(received, sent);
  EXPECT_GT(received, 100U);
}

TEST_F(StreamPortTest, PeerThatReadsNoMoreIsHungUpOn) {
  StreamPeer peer = plug_in();
  ::shutdown(peer.descriptor(), SHUT_RD);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent) << "as far as anybody knows";
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::link_down);
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
  plug_in();
}

TEST_F(StreamPortTest, PortClosesWithItsPeerPresentAndItsFileGoes) {
  StreamPeer peer = plug_in();
  port_.reset();
  EXPECT_TRUE(peer.wait_for_end());
  EXPECT_FALSE(std::filesystem::exists(address_.path()));
}

TEST_F(StreamPortTest, SocketInUseIsRefused) {
  const auto second =
      open_qemu_port({.end = QemuOptions::Listen{address_}, .access = {}, .mtu = 0});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().number, EADDRINUSE);
  plug_in();
}

// A kernel that gives no descriptor is not asked again and again.
TEST_F(StreamPortTest, WithoutDescriptorsItRestsAndThenTakesThePeerIn) {
  // The sanitizer needs a descriptor where it meets a type for the first time: here it still has.
  ASSERT_EQ(receive(), ReceiveStatus::empty);
  ASSERT_FALSE(wait_until_readable(port_->bell(), std::chrono::milliseconds(0)));
  StreamPeer peer(address_);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(::dup(0)), .rlim_max = before.rlim_max};
  ::close(static_cast<int>(none.rlim_cur));
  ::setrlimit(RLIMIT_NOFILE, &none);
  const ReceiveStatus status = receive();
  const bool is_readable = wait_until_readable(port_->bell(), std::chrono::milliseconds(0));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(status, ReceiveStatus::empty);
  EXPECT_FALSE(is_readable);
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_TRUE(has_carrier());
}

}  // namespace stream_port_test
}  // namespace tapswitch::test
