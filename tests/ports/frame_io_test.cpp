// SPDX-License-Identifier: Apache-2.0
// The errors of the kernel and what a port makes of them, on socket pairs: no root needed. Those
// that only a TAP gives are in tap_port_test.cpp.
#include "switch/ports/frame_io.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/socket_port.hpp"

namespace tapswitch {
namespace frame_io_test {

using test::FrameBuilder;

class FrameIo : public testing::Test {
 protected:
  test::SocketPortPair pair_ = test::make_socket_port();
  FrameBuffer buffer_;
};

TEST_F(FrameIo, FrameArrivesAsItWasSent) {
  const auto frame = FrameBuilder().payload(100).build();
  ASSERT_TRUE(pair_.cable.send(frame));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame));
}

TEST_F(FrameIo, FrameLeavesAsItIs) {
  const auto frame = FrameBuilder().payload(100).build();
  test::fill(buffer_, frame);
  ASSERT_EQ(pair_.port->send(buffer_), SendStatus::sent);
  EXPECT_EQ(pair_.cable.receive(), frame);
}

TEST_F(FrameIo, LentFrameLeavesInOnePiece) {
  test::LentMemory memory;
  for (const std::size_t size : {60U, 257U, 1'514U, 65'000U}) {
    const auto frame = FrameBuilder().payload(size - FrameView::header_size).build();
    test::fill_lent(buffer_, memory, frame);
    ASSERT_EQ(pair_.port->send(buffer_), SendStatus::sent);
    EXPECT_EQ(pair_.cable.receive(), frame);
  }
}

TEST_F(FrameIo, LentFrameIsOneDatagram) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd near(ends[0]);
  test::Cable far{UniqueFd(ends[1])};
  test::LentMemory memory;
  const auto frame = FrameBuilder().payload(1'500).build();
  test::fill_lent(buffer_, memory, frame);
  ASSERT_EQ(send_datagram(near.get(), buffer_), 0);
  EXPECT_EQ(far.receive(), frame);
  far.pull();
  EXPECT_EQ(send_datagram(near.get(), buffer_), ECONNREFUSED);
}

// As a guest's that gives its memory back to the kernel while we send from it.
TEST_F(FrameIo, LentMemoryThatIsGoneIsRefused) {
  const std::size_t size = 4'096;
  void* const gone = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(gone, MAP_FAILED);
  const auto head = FrameBuilder().payload(1'500).build();
  const FrameBuffer::Part parts[] = {head, {static_cast<const std::byte*>(gone), size}};
  ASSERT_TRUE(buffer_.borrow(parts));
  ASSERT_EQ(::munmap(gone, size), 0);
  EXPECT_EQ(pair_.port->send(buffer_), SendStatus::refused);
  EXPECT_EQ(pair_.cable.receive(), std::nullopt);
}

// As the TAP of somebody who has passed it, and has made it block since.
TEST_F(FrameIo, SharedDescriptorThatBlocksIsNotWaitedFor) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd near(ends[0]);
  test::Cable far{UniqueFd(ends[1])};
  std::byte octet{};
  const iovec one{.iov_base = &octet, .iov_len = 1};
  if (::preadv2(near.get(), &one, 1, -1, RWF_NOWAIT) != -1 || errno != EAGAIN) {
    GTEST_SKIP() << "this kernel cannot be told not to wait for such a socket";
  }
  EXPECT_EQ(receive_frame(near.get(), buffer_, FileOwner::shared), ReceiveStatus::empty);
  const auto frame = FrameBuilder().payload(1'000).build();
  ASSERT_TRUE(far.send(frame));
  ASSERT_EQ(receive_frame(near.get(), buffer_, FileOwner::shared), ReceiveStatus::received);
  EXPECT_TRUE(std::ranges::equal(buffer_.head(), frame));
  test::LentMemory memory;
  test::fill_lent(buffer_, memory, frame);
  ASSERT_EQ(send_frame(near.get(), buffer_, FileOwner::shared), SendStatus::sent);
  EXPECT_EQ(far.receive(), frame);
  test::fill(buffer_, frame);
  int sent = 0;
  while (send_frame(near.get(), buffer_, FileOwner::shared) == SendStatus::sent) {
    ASSERT_LT(++sent, 100'000);
  }
  EXPECT_EQ(send_frame(near.get(), buffer_, FileOwner::shared), SendStatus::busy);
  EXPECT_EQ(far.receive(), frame);
}

TEST_F(FrameIo, EachReadTakesOneFrame) {
  ASSERT_TRUE(pair_.cable.send(FrameBuilder().payload(50).build()));
  ASSERT_TRUE(pair_.cable.send(FrameBuilder().payload(60).build()));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.size(), 64U);
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.size(), 74U);
}

TEST_F(FrameIo, NothingThereIsEmpty) {
  EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::empty);
}

TEST_F(FrameIo, RuntIsHandedOverForTheSwitchToCount) {
  ASSERT_TRUE(pair_.cable.send(std::vector<std::byte>(1)));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.size(), 1U);
}

TEST_F(FrameIo, LargestFrameIsReceived) {
  ASSERT_TRUE(pair_.cable.send(std::vector<std::byte>(FrameBuffer::max_frame_size)));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.size(), FrameBuffer::max_frame_size);
}

TEST_F(FrameIo, FrameThatIsTooLongIsTakenOffAndSaid) {
  for (const std::size_t excess : {1U, 1000U}) {
    ASSERT_TRUE(pair_.cable.send(std::vector<std::byte>(FrameBuffer::max_frame_size + excess)));
    EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::oversize);
    EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::empty);
  }
}

TEST_F(FrameIo, FullFarEndIsBusyUntilItReads) {
  test::fill(buffer_, FrameBuilder().payload(1000).build());
  SendStatus status = SendStatus::sent;
  int sent = 0;
  while ((status = pair_.port->send(buffer_)) == SendStatus::sent) {
    ASSERT_LT(++sent, 100'000);
  }
  EXPECT_EQ(status, SendStatus::busy);
  EXPECT_GT(sent, 0);
  while (pair_.cable.receive()) {
  }
  EXPECT_EQ(pair_.port->send(buffer_), SendStatus::sent);
}

TEST_F(FrameIo, FrameLongerThanTheSocketTakesIsRefused) {
  auto pair = test::make_socket_port(8192);
  test::fill(buffer_, FrameBuilder().payload(60'000).build());
  EXPECT_EQ(pair.port->send(buffer_), SendStatus::refused);
  test::fill(buffer_, FrameBuilder().build());
  EXPECT_EQ(pair.port->send(buffer_), SendStatus::sent);
}

TEST_F(FrameIo, PulledCableIsGoneInBothDirections) {
  test::fill(buffer_, FrameBuilder().build());
  pair_.cable.pull();
  EXPECT_EQ(pair_.port->send(buffer_), SendStatus::gone);
  EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::gone);
  EXPECT_FALSE(pair_.port->link().is_present);
}

TEST_F(FrameIo, FramesOnTheWayOutliveTheCable) {
  ASSERT_TRUE(pair_.cable.send(FrameBuilder().build()));
  pair_.cable.pull();
  EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::gone);
}

TEST_F(FrameIo, ClosedDescriptorIsGoneAndDoesNotSpin) {
  const int closed = ::dup(0);
  ::close(closed);
  test::fill(buffer_, FrameBuilder().build());
  EXPECT_EQ(send_frame(closed, buffer_), SendStatus::gone);
  EXPECT_EQ(receive_frame(closed, buffer_), ReceiveStatus::gone);
}

}  // namespace frame_io_test
}  // namespace tapswitch
