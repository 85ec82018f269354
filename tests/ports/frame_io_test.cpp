// SPDX-License-Identifier: Apache-2.0
// The errors of the kernel and what a port makes of them, on socket pairs: no root needed. Those
// that only a TAP gives are in tap_port_test.cpp.
#include "switch/ports/frame_io.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tests/support/frame_builder.hpp"
#include "tests/support/socket_port.hpp"

namespace tapswitch {
namespace {

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
  EXPECT_TRUE(std::ranges::equal(buffer_.bytes(), frame));
}

TEST_F(FrameIo, FrameLeavesAsItIs) {
  const auto frame = FrameBuilder().payload(100).build();
  test::fill(buffer_, frame);
  ASSERT_EQ(pair_.port->send(buffer_), SendStatus::sent);
  EXPECT_EQ(pair_.cable.receive(), frame);
}

TEST_F(FrameIo, EachReadTakesOneFrame) {
  ASSERT_TRUE(pair_.cable.send(FrameBuilder().payload(50).build()));
  ASSERT_TRUE(pair_.cable.send(FrameBuilder().payload(60).build()));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.bytes().size(), 64U);
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.bytes().size(), 74U);
}

TEST_F(FrameIo, NothingThereIsEmpty) {
  EXPECT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::empty);
}

TEST_F(FrameIo, RuntIsHandedOverForTheSwitchToCount) {
  ASSERT_TRUE(pair_.cable.send(std::vector<std::byte>(1)));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.bytes().size(), 1U);
}

TEST_F(FrameIo, LargestFrameIsReceived) {
  ASSERT_TRUE(pair_.cable.send(std::vector<std::byte>(FrameBuffer::max_frame_size)));
  ASSERT_EQ(pair_.port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(buffer_.bytes().size(), FrameBuffer::max_frame_size);
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

}  // namespace
}  // namespace tapswitch
