// SPDX-License-Identifier: Apache-2.0
// Ports whose sockets come and go, in a switch: the worker waits for a set of descriptors, and none
// of what becomes ready in it may be lost.
#include "switch/ports/socket/stream_port.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "switch/ports/qemu/qemu_port.hpp"
#include "tests/engine/lan.hpp"
#include "tests/server/temporary_directory.hpp"
#include "tests/support/attendant.hpp"
#include "tests/support/stream_peer.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace stream_port_test {

class StreamPortOfSwitch : public testing::Test {
 protected:
  void SetUp() override {
    lan_.plug();
    auto port = open_qemu_port({.end = QemuOptions::Listen{address_}, .access = {}, .mtu = 0});
    ASSERT_TRUE(port) << port.error().message();
    port_ = port->get();
    attendant_.emplace(**port);
    index_ = *lan_.engine().add_port(std::move(*port), {});
  }

  void wait_for_carrier(bool has_carrier) {
    ASSERT_TRUE(wait_until([&] { return port_->link().has_carrier == has_carrier; }));
  }

  TemporaryDirectory directory_;
  SocketAddress address_ = *SocketAddress::of_path(directory_.file("vm.sock"));
  std::atomic<int> news_ = 0;
  Lan lan_{1, {}, [this](PortIndex) { ++news_; }};
  Port* port_ = nullptr;
  PortIndex index_{};
  std::optional<Attendant> attendant_;
};

// Each frame is waited for before the next is sent, so that one that is not noticed stops it all.
TEST_F(StreamPortOfSwitch, NoFrameIsOverlooked) {
  StreamPeer peer(address_);
  wait_for_carrier(true);
  const Bytes question = frame(alice, bob).build();
  const Bytes answer = frame(bob, alice).build();
  for (int turn = 0; turn < 3000; ++turn) {
    ASSERT_TRUE(lan_.cable(0).send(question));
    ASSERT_EQ(peer.wait_for_frame(), question) << "turn " << turn;
    ASSERT_TRUE(peer.send(answer));
    ASSERT_EQ(lan_.cable(0).wait_for_frame(), answer) << "turn " << turn;
  }
}

TEST_F(StreamPortOfSwitch, NoPeerIsOverlooked) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = descriptors();
  for (int turn = 0; turn < 300; ++turn) {
    StreamPeer peer(address_);
    const Bytes hello = frame(bob, everybody).payload(46 + static_cast<std::size_t>(turn)).build();
    ASSERT_TRUE(peer.send(hello));
    if (turn % 3 == 0) {
      ASSERT_TRUE(peer.write(Bytes(2)));  // and dies in mid-frame
    }
    ASSERT_EQ(lan_.cable(0).wait_for_frame(), hello) << "turn " << turn;
  }
  wait_for_carrier(false);
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(lan_.drops(index_, DropReason::framing_invalid), 100U);
  EXPECT_GT(news_, 0);
}

TEST_F(StreamPortOfSwitch, GarbageIsCountedAndItsSenderCutOff) {
  StreamPeer peer(address_);
  ASSERT_TRUE(peer.write(Bytes(4)));
  EXPECT_TRUE(peer.wait_for_end());
  lan_.settle();
  EXPECT_EQ(lan_.drops(index_, DropReason::framing_invalid), 1U);
  StreamPeer second(address_);
  ASSERT_TRUE(second.send(frame(bob, alice).build()));
  EXPECT_EQ(lan_.cable(0).wait_for_frame(), frame(bob, alice).build());
}

TEST_F(StreamPortOfSwitch, FramesToNobodyAndToWhoDoesNotReadAreCounted) {
  const Bytes large = frame(alice, bob).payload(1500).build();
  ASSERT_TRUE(lan_.cable(0).send(large));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(index_, DropReason::link_down) == 1; }));
  StreamPeer peer(address_);
  wait_for_carrier(true);
  ASSERT_TRUE(wait_until([&] {
    (void)lan_.cable(0).send(large);
    return lan_.drops(index_, DropReason::busy) > 0;
  }));
  // Frames that were taken come whole, and then frames cross again.
  ASSERT_EQ(peer.wait_for_frame(), large);
  const Bytes last = frame(alice, bob).build();
  ASSERT_TRUE(wait_until([&] {
    const auto busy = lan_.drops(index_, DropReason::busy);
    (void)lan_.cable(0).send(last);
    EXPECT_EQ(peer.wait_for_frame(), large);
    lan_.settle();
    return lan_.drops(index_, DropReason::busy) == busy;
  }));
  for (auto next = peer.wait_for_frame(); next != last; next = peer.wait_for_frame()) {
    ASSERT_EQ(next, large);
  }
}

TEST_F(StreamPortOfSwitch, PortIsRemovedWhileItsPeerTalks) {
  StreamPeer peer(address_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(peer.send(frame(bob, alice).build()));
  }
  ASSERT_TRUE(lan_.cable(0).wait_for_frame());
  attendant_.reset();
  lan_.engine().remove_port(index_);
  EXPECT_FALSE(std::filesystem::exists(address_.path()));
}

}  // namespace stream_port_test
}  // namespace tapswitch::test
