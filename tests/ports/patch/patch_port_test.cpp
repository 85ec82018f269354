// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/patch/patch_port.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {
namespace patch_port_test {

using Bytes = std::vector<std::byte>;

SendStatus send(PatchPort& port, const Bytes& frame) {
  FrameBuffer buffer;
  test::fill(buffer, frame);
  return port.send(buffer);
}

TEST(PatchPort, EndWithoutTheOtherHasNoCarrier) {
  auto port = PatchPort::open().value();
  const LinkStatus link = port->link();
  EXPECT_TRUE(link.is_present);
  EXPECT_TRUE(link.is_up);
  EXPECT_FALSE(link.has_carrier);
  EXPECT_EQ(send(*port, Bytes(60)), SendStatus::link_down);
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::empty);
}

TEST(PatchPort, SuperFramesCrossWholeInBothDirections) {
  auto one = PatchPort::open().value();
  auto other = PatchPort::open_opposite(*one);
  EXPECT_TRUE(one->link().has_carrier);
  EXPECT_TRUE(other->link().has_carrier);
  const test::SuperFrame frame = test::build({.payload = test::noise(60'000)});
  for (PatchPort* from : {one.get(), other.get()}) {
    PatchPort& to = from == one.get() ? *other : *one;
    FrameBuffer buffer;
    std::ranges::copy(frame.bytes, buffer.space().begin());
    buffer.assign(frame.bytes.size(), frame.offload);
    ASSERT_TRUE(from->offloads().accepts(frame.offload));
    ASSERT_EQ(from->send(buffer), SendStatus::sent);
    ASSERT_TRUE(test::wait_until_readable(to.descriptor(0)));
    FrameBuffer received;
    ASSERT_EQ(to.receive(0, received), ReceiveStatus::received);
    EXPECT_TRUE(std::ranges::equal(received.head(), frame.bytes));
    EXPECT_EQ(received.offload(), frame.offload);
    EXPECT_EQ(to.receive(0, received), ReceiveStatus::empty);
    EXPECT_EQ(from->receive(0, received), ReceiveStatus::empty);
  }
}

TEST(PatchPort, FullQueueIsBusy) {
  auto one = PatchPort::open().value();
  auto other = PatchPort::open_opposite(*one);
  std::size_t sent = 0;
  while (send(*one, Bytes(1'500)) == SendStatus::sent) {
    ASSERT_LT(++sent, PatchPort::queue_bytes / 1'500);
  }
  EXPECT_EQ(send(*one, Bytes(1'500)), SendStatus::busy);
  FrameBuffer buffer;
  EXPECT_EQ(other->receive(0, buffer), ReceiveStatus::received);
  EXPECT_EQ(send(*one, Bytes(1'500)), SendStatus::sent);
}

TEST(PatchPort, EndThatIsPluggedInAgainHearsNothingFromBefore) {
  auto one = PatchPort::open().value();
  auto other = PatchPort::open_opposite(*one);
  ASSERT_EQ(send(*one, Bytes(60)), SendStatus::sent);
  other.reset();
  EXPECT_FALSE(one->link().has_carrier);
  EXPECT_EQ(send(*one, Bytes(60)), SendStatus::link_down);
  other = PatchPort::open_opposite(*one);
  EXPECT_TRUE(one->link().has_carrier);
  FrameBuffer buffer;
  EXPECT_EQ(other->receive(0, buffer), ReceiveStatus::empty);
  ASSERT_EQ(send(*one, Bytes(61)), SendStatus::sent);
  ASSERT_EQ(other->receive(0, buffer), ReceiveStatus::received);
  EXPECT_EQ(buffer.size(), 61U);
}

TEST(PatchPort, EitherEndMayGoFirst) {
  auto one = PatchPort::open().value();
  auto other = PatchPort::open_opposite(*one);
  one.reset();
  EXPECT_FALSE(other->link().has_carrier);
  one = PatchPort::open_opposite(*other);
  EXPECT_TRUE(other->link().has_carrier);
  ASSERT_EQ(send(*other, Bytes(60)), SendStatus::sent);
  FrameBuffer buffer;
  EXPECT_EQ(one->receive(0, buffer), ReceiveStatus::received);
}

}  // namespace patch_port_test
}  // namespace tapswitch
