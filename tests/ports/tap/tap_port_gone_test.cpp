// SPDX-License-Identifier: Apache-2.0
// TapPort when others take its interface down or away.
#include <cerrno>

#include "tests/ports/tap/tap_port_fixture.hpp"
#include "tests/support/frame_builder.hpp"

namespace tapswitch {
namespace tap_port_gone_test {

using test::FrameBuilder;

// Reads what the kernel sent by itself, until there is something else to say.
ReceiveStatus receive_to_the_end(TapPort& port) {
  FrameBuffer buffer;
  ReceiveStatus status = ReceiveStatus::received;
  while (status == ReceiveStatus::received) {
    status = port.receive(0, buffer);
  }
  return status;
}

void expect_gone(TapPort& port) {
  // A namespace is taken apart in the kernel's own time.
  EXPECT_TRUE(test::wait_until([&] { return receive_to_the_end(port) == ReceiveStatus::gone; }));
  FrameBuffer buffer;
  test::fill(buffer, FrameBuilder().build());
  EXPECT_EQ(port.send(buffer), SendStatus::gone);
  EXPECT_FALSE(port.link().is_present);
  const auto refused = port.set_mtu(1400);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().number, EBADFD);
}

TEST_F(TapPortTest, InterfaceThatIsDownDropsAndComesBack) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  FrameBuffer buffer;
  test::fill(buffer, FrameBuilder().build());
  ip("link set tap0 down");
  EXPECT_EQ(port->send(buffer), SendStatus::link_down);
  EXPECT_EQ(receive_to_the_end(*port), ReceiveStatus::empty);
  EXPECT_TRUE(port->link().is_present);
  EXPECT_FALSE(port->link().is_up);
  ip("link set tap0 up");
  test::fill(buffer, FrameBuilder().build());
  EXPECT_EQ(port->send(buffer), SendStatus::sent);
}

TEST_F(TapPortTest, DeletedInterfaceIsGone) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link del tap0");
  expect_gone(*port);
}

TEST_F(TapPortTest, CreatedTapGoesWithItsNamespace) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->link().is_present);
  lab_->remove();
  expect_gone(*port);
}

TEST_F(TapPortTest, AnotherTapOfTheSameNameIsNotTakenForOurs) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link del tap0");
  ip("tuntap add dev tap0 mode tap");
  expect_gone(*port);
}

TEST_F(TapPortTest, SameNameCanBeOpenedAgainWhileTheLostPortIsStillThere) {
  auto lost = open(in_lab());
  ASSERT_TRUE(lost);
  ip("link del tap0");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->was_created());
  EXPECT_TRUE(port->link().is_present);
  lost.reset();
  EXPECT_TRUE(port->link().is_present);
}

// Why ports in a namespace are created outside and moved: this is what happens otherwise.
TEST_F(TapPortTest, AdoptedTapKeepsItsNamespaceAliveUntilThePortIsClosed) {
  ip("tuntap add dev tap0 mode tap");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  lab_->remove();
  EXPECT_TRUE(port->link().is_present);
}

}  // namespace tap_port_gone_test
}  // namespace tapswitch
