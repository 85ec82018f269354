// SPDX-License-Identifier: Apache-2.0
// Switches joined by patches: frames cross from one to the next, by one worker or by two.
#include <gtest/gtest.h>

#include <deque>

#include "switch/ports/patch/patch_port.hpp"
#include "tests/engine/lan.hpp"

namespace tapswitch::test {
namespace patch_test {

void plug_in(Switch& engine, std::unique_ptr<Port> port, const PortRule& rule = trunk()) {
  ASSERT_TRUE(engine.add_port(std::move(port), rule));
}

// A row of switches, each patched to the next, with one station at either end.
class Row {
 public:
  Row(std::size_t workers, std::size_t switches) : pool_(workers) {
    for (std::size_t i = 0; i < switches; ++i) {
      switches_.push_back(std::make_unique<Switch>(pool_));
    }
    plug(*switches_.front());
    for (std::size_t i = 1; i < switches; ++i) {
      auto left = PatchPort::open().value();
      auto right = PatchPort::open_opposite(*left);
      plug_in(*switches_[i - 1], std::move(left));
      plug_in(*switches_[i], std::move(right));
    }
    plug(*switches_.back());
  }

  [[nodiscard]] Cable& left() { return cables_.front(); }
  [[nodiscard]] Cable& right() { return cables_.back(); }

 private:
  void plug(Switch& engine) {
    SocketPortPair pair = make_socket_port();
    cables_.push_back(std::move(pair.cable));
    plug_in(engine, std::move(pair.port));
  }

  WorkerPool pool_;
  std::vector<std::unique_ptr<Switch>> switches_;
  std::deque<Cable> cables_;
};

TEST(Patch, FramesCrossSeveralSwitchesInOrder) {
  for (const std::size_t workers : {1U, 2U, 3U}) {
    Row row(workers, 3);
    for (std::size_t size = 46; size < 246; ++size) {
      const Bytes sent = frame(alice, bob).tag({.vid = 7}).payload(size).build();
      ASSERT_TRUE(row.left().send(sent));
      if (size % 2 == 0) {
        ASSERT_TRUE(row.right().send(frame(bob, alice).tag({.vid = 7}).payload(size).build()));
      }
    }
    for (std::size_t size = 46; size < 246; ++size) {
      ASSERT_EQ(row.right().wait_for_frame(),
                frame(alice, bob).tag({.vid = 7}).payload(size).build());
    }
    for (std::size_t size = 46; size < 246; size += 2) {
      ASSERT_EQ(row.left().wait_for_frame(),
                frame(bob, alice).tag({.vid = 7}).payload(size).build());
    }
  }
}

TEST(Patch, VlanRulesHoldAtBothEnds) {
  WorkerPool pool(2);
  Switch near(pool);
  Switch far(pool);
  SocketPortPair alices = make_socket_port();
  SocketPortPair bobs = make_socket_port();
  SocketPortPair carols = make_socket_port();
  plug_in(near, std::move(alices.port), access(10));
  auto left = PatchPort::open().value();
  plug_in(far, PatchPort::open_opposite(*left));
  plug_in(near, std::move(left));
  plug_in(far, std::move(bobs.port), access(10));
  plug_in(far, std::move(carols.port), access(20));
  const Bytes first = frame(alice, everybody).payload(100).build();
  ASSERT_TRUE(alices.cable.send(first));
  EXPECT_EQ(bobs.cable.wait_for_frame(), first);
  // The next frame that carol hears is not alice's.
  const Bytes bobs_own = frame(bob, everybody).payload(50).build();
  ASSERT_TRUE(bobs.cable.send(bobs_own));
  EXPECT_EQ(alices.cable.wait_for_frame(), bobs_own);
  EXPECT_EQ(carols.cable.receive(), std::nullopt);
}

}  // namespace patch_test
}  // namespace tapswitch::test
