// SPDX-License-Identifier: Apache-2.0
// How a port on a packet socket notes until when all that was left to it has gone.
#include "switch/ports/ingress_ledger.h"

#include <chrono>

#include "switch/ports/ledger_time.hpp"
#include "tests/ports/interface/interface_port_fixture.hpp"

namespace tapswitch {
namespace ingress_ledger_test {

using test::FrameBuilder;
using test::RawStation;

std::uint64_t now() { return ledger_time(std::chrono::steady_clock::now()); }

using IngressLedger = InterfacePortTest;

TEST_F(IngressLedger, TellsTheTimeWhenNothingWaits) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ingress_ledger ledger{};
  port->keep_ledger(&ledger);
  const std::uint64_t before = now();
  port->give_back(0);
  EXPECT_GE(ledger.drained, before);
  EXPECT_LE(ledger.drained, now());
}

TEST_F(IngressLedger, StaysWhileAFrameWaits) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ingress_ledger ledger{};
  port->keep_ledger(&ledger);
  RawStation station(*lab_, "far0");
  ASSERT_TRUE(station.send(FrameBuilder().payload(46).build()));
  port->give_back(0);
  EXPECT_EQ(ledger.drained, 0U);
  FrameBuffer buffer;
  ASSERT_TRUE(receive(*port, buffer));
  port->give_back(0);
  EXPECT_NE(ledger.drained, 0U);
}

// One that was left and that the socket does not have yet.
TEST_F(IngressLedger, StaysWhileAFrameIsOnItsWayToTheSocket) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ingress_ledger ledger{.left = 3, .queued = 2, .drained = 7};
  port->keep_ledger(&ledger);
  port->give_back(0);
  EXPECT_EQ(ledger.drained, 7U);
  ledger.queued = 3;
  port->give_back(0);
  EXPECT_GT(ledger.drained, 7U);
  ledger.drained = 7;
  port->keep_ledger(nullptr);
  port->give_back(0);
  EXPECT_EQ(ledger.drained, 7U);
}

}  // namespace ingress_ledger_test
}  // namespace tapswitch
