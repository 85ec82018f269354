// SPDX-License-Identifier: Apache-2.0
// Switch where the kernel or a worker refuses something: all is as it was.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "switch/engine/switch.hpp"
#include "tests/engine/lan.hpp"

namespace tapswitch::test {
namespace switch_refused_test {

// A port by which nothing can be received: the kernel does not watch a regular file.
class UnwatchablePort final : public Port {
 public:
  [[nodiscard]] std::size_t queue_count() const noexcept override { return 2; }
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return queue == 0 ? pair_.port->descriptor(0) : file_.get();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/, FrameBuffer&) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer&) noexcept override { return SendStatus::refused; }
  [[nodiscard]] LinkStatus link() const override { return {}; }

 private:
  SocketPortPair pair_ = make_socket_port();
  UniqueFd file_{::memfd_create("file", MFD_CLOEXEC)};
};

// The same, for the second of the descriptors of its only queue.
class PartlyWatchablePort final : public Port {
 public:
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return pair_.port->descriptor(0);
  }
  [[nodiscard]] std::span<const int> further_descriptors(
      std::size_t /*queue*/) const noexcept override {
    return further_;
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/, FrameBuffer&) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer&) noexcept override { return SendStatus::refused; }
  [[nodiscard]] LinkStatus link() const override { return {}; }

 private:
  SocketPortPair pair_ = make_socket_port();
  UniqueFd file_{::memfd_create("file", MFD_CLOEXEC)};
  std::vector<int> further_{file_.get()};
};

template <class Unwatchable>
class SwitchWithUnwatchable : public testing::Test {};
using Unwatchables = testing::Types<UnwatchablePort, PartlyWatchablePort>;
TYPED_TEST_SUITE(SwitchWithUnwatchable, Unwatchables);

TYPED_TEST(SwitchWithUnwatchable, PortThatTheKernelDoesNotWatchIsRefusedAndGivenBack) {
  Lan lan(2);
  lan.plug();
  lan.plug();
  std::unique_ptr<Port> port = std::make_unique<TypeParam>();
  const auto index = lan.engine().add_port(std::move(port), {});
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().number, EPERM);
  EXPECT_EQ(index.error().call, "epoll_ctl");
  EXPECT_TRUE(port);
  port.reset();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
  EXPECT_EQ(to_size(lan.plug()), 2U);
}

TYPED_TEST(SwitchWithUnwatchable, PortThatCannotBeReplacedGoesOn) {
  Lan lan(2);
  const PortIndex index = lan.plug();
  lan.plug();
  std::unique_ptr<Port> port = std::make_unique<TypeParam>();
  ASSERT_FALSE(lan.engine().replace_port(index, port));
  port.reset();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
  ASSERT_TRUE(lan.cable(1).send(frame(bob, alice).build()));
  EXPECT_TRUE(lan.cable(0).wait_for_frame());
}

TEST(Switch, WhatAWorkerThrowsIsThrownByWhoeverAsked) {
  WorkerPool pool(3);
  std::atomic<int> count = 0;
  EXPECT_THROW(pool.run_on_all([&](Worker& worker) {
    ++count;
    if (worker.number() == 1) {
      throw std::bad_alloc();
    }
  }),
               std::bad_alloc);
  EXPECT_EQ(count, 3);
  pool.run_on_all([&](Worker&) { ++count; });
  EXPECT_EQ(count, 6);
}

TEST(Switch, SwitchThatHasStoppedReceivingTakesNothing) {
  Lan lan;
  lan.plug();
  lan.plug();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  lan.engine().stop_receiving();
  lan.settle();
  while (lan.cable(1).receive()) {
  }
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
  ASSERT_TRUE(lan.engine().begin_receiving());
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
}

}  // namespace switch_refused_test
}  // namespace tapswitch::test
