// SPDX-License-Identifier: Apache-2.0
// Switch and its workers on socket pairs: frames that really travel, ports that come and go.
#include "switch/engine/switch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include "tests/engine/lan.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace switch_test {

constexpr auto unicast = static_cast<std::size_t>(AddressKind::unicast);
constexpr auto broadcast = static_cast<std::size_t>(AddressKind::broadcast);

TEST(Switch, UnknownStationIsReachedByFloodAndAnswersByUnicast) {
  Lan lan;
  lan.plug();
  lan.plug();
  lan.plug();
  const Bytes question = frame(alice, bob).build();
  ASSERT_TRUE(lan.cable(0).send(question));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), question);
  EXPECT_EQ(lan.cable(2).wait_for_frame(), question);

  const Bytes answer = frame(bob, alice).build();
  ASSERT_TRUE(lan.cable(1).send(answer));
  EXPECT_EQ(lan.cable(0).wait_for_frame(), answer);
  lan.settle();
  EXPECT_EQ(lan.cable(2).receive(), std::nullopt);
}

TEST(Switch, AnswerInTheSameBatchFindsItsStation) {
  // A hairpin port, so that question and answer can wait in one descriptor.
  PortRule rule;
  rule.hairpin = true;
  Lan lan;
  lan.plug(rule);
  lan.plug();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).build()));
  ASSERT_TRUE(lan.cable(0).send(frame(bob, alice).build()));
  ASSERT_TRUE(lan.cable(0).send(frame(carol, everybody).build()));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), frame(alice, bob).build());
  // The second frame did not come here: it went back by the port it came in by.
  EXPECT_EQ(lan.cable(1).wait_for_frame(), frame(carol, everybody).build());
}

TEST(Switch, FramesThatWaitedAreForwardedInOrderAndTheBadAmongThemCounted) {
  Lan lan;
  const PortIndex ingress = lan.plug();
  lan.plug();
  std::latch all_sent(1);
  lan.pool().worker(0).post([&all_sent] { all_sent.wait(); });
  const Bytes runt(13);
  for (std::size_t number = 0; number < 100; ++number) {
    ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).payload(46 + number).build()));
    ASSERT_TRUE(lan.cable(0).send(runt));
  }
  all_sent.count_down();
  for (std::size_t number = 0; number < 100; ++number) {
    ASSERT_EQ(lan.cable(1).wait_for_frame(), frame(alice, bob).payload(46 + number).build());
  }
  lan.settle();
  EXPECT_EQ(lan.drops(ingress, DropReason::runt), 100U);
  EXPECT_EQ(lan.engine().totals(ingress).in_frames[unicast], 100U);
}

TEST(Switch, TagsAreEditedForEachPortOfAFlood) {
  Lan lan;
  lan.plug(access(10));
  lan.plug(trunk());
  lan.plug(access(10));
  lan.plug(trunk());
  lan.plug(access(20));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  const Bytes untagged = frame(alice, everybody).build();
  const Bytes tagged = frame(alice, everybody).tag({.vid = 10}).build();
  EXPECT_EQ(lan.cable(1).wait_for_frame(), tagged);
  EXPECT_EQ(lan.cable(2).wait_for_frame(), untagged);
  EXPECT_EQ(lan.cable(3).wait_for_frame(), tagged);
  lan.settle();
  EXPECT_EQ(lan.cable(4).receive(), std::nullopt);
}

TEST(Switch, PriorityTagKeepsItsPriorityOnATrunk) {
  Lan lan;
  lan.plug(access(10));
  lan.plug(trunk());
  lan.plug(access(10));
  const Bytes sent = frame(alice, everybody).tag({.priority = 5, .vid = 0}).build();
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(lan.cable(1).wait_for_frame(),
            frame(alice, everybody).tag({.priority = 5, .vid = 10}).build());
  EXPECT_EQ(lan.cable(2).wait_for_frame(), frame(alice, everybody).build());
}

TEST(Switch, TunnelWrapsWhateverTagsTheFrameHas) {
  PortRule tunnel;
  tunnel.vlan.mode = PortMode::tunnel;
  tunnel.vlan.pvid = 100;
  Lan lan;
  lan.plug(tunnel);
  lan.plug(trunk());
  lan.plug(tunnel);
  const Bytes sent = frame(alice, everybody).tag({.vid = 7}).build();
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(
      lan.cable(1).wait_for_frame(),
      frame(alice, everybody).tag({.type = TagType::service, .vid = 100}).tag({.vid = 7}).build());
  EXPECT_EQ(lan.cable(2).wait_for_frame(), sent);
}

TEST(Switch, CountsWhatComesInAndGoesOut) {
  Lan lan;
  const PortIndex first = lan.plug();
  const PortIndex second = lan.plug();
  const Bytes sent = frame(alice, everybody).payload(100).build();
  ASSERT_TRUE(lan.cable(0).send(sent));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  lan.settle();
  const PortTotals in = lan.engine().totals(first);
  const PortTotals out = lan.engine().totals(second);
  EXPECT_EQ(in.in_octets, sent.size());
  EXPECT_EQ(in.in_frames[broadcast], 1U);
  EXPECT_EQ(in.in_frames[unicast], 0U);
  EXPECT_EQ(out.out_octets, sent.size());
  EXPECT_EQ(out.out_frames[broadcast], 1U);
  EXPECT_EQ(lan.engine().vlan_totals(1).in_frames, 1U);
  EXPECT_EQ(lan.engine().vlan_totals(1).in_octets, sent.size());
}

TEST(Switch, FramesThatAreNoneAreDroppedWithTheirReason) {
  Lan lan;
  const PortIndex port = lan.plug();
  lan.plug();
  ASSERT_TRUE(lan.cable(0).send(Bytes(13)));
  Bytes cut = frame(alice, bob).tag({.vid = 1}).build();
  cut.resize(16);
  ASSERT_TRUE(lan.cable(0).send(cut));
  ASSERT_TRUE(lan.cable(0).send(Bytes(70'000)));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  EXPECT_EQ(lan.drops(port, DropReason::runt), 1U);
  EXPECT_EQ(lan.drops(port, DropReason::tag_truncated), 1U);
  EXPECT_EQ(lan.drops(port, DropReason::oversize), 1U);
}

TEST(Switch, FrameLongerThanTheMtuIsDroppedAtEgress) {
  Lan lan;
  lan.plug();
  const PortIndex narrow = lan.plug();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).payload(1501).build()));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).tag({.vid = 5}).payload(1500).build()));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).payload(1500).build()));
  // Tags do not count against the MTU.
  EXPECT_EQ(lan.cable(1).wait_for_frame(),
            frame(alice, everybody).tag({.vid = 5}).payload(1500).build());
  EXPECT_EQ(lan.cable(1).wait_for_frame(), frame(alice, everybody).payload(1500).build());
  EXPECT_EQ(lan.drops(narrow, DropReason::mtu_exceeded), 1U);
}

TEST(Switch, FullPortLosesItsOwnCopiesOnly) {
  Lan lan;
  lan.plug();
  const PortIndex stuck = lan.plug({}, 4096);
  lan.plug();
  constexpr int count = 200;
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).payload(1000).build()));
    ASSERT_TRUE(lan.cable(2).wait_for_frame()) << "frame " << i;
  }
  lan.settle();
  EXPECT_GT(lan.drops(stuck, DropReason::busy), 0U);
}

TEST(Switch, LostPortIsToldOnceAndTheOthersGoOn) {
  std::atomic<int> told = 0;
  Lan lan(1, {}, [&told](PortIndex) { ++told; });
  const PortIndex lost = lan.plug();
  lan.plug();
  lan.plug();
  lan.cable(0).pull();
  EXPECT_TRUE(wait_until([&told] { return told == 1; }));
  ASSERT_TRUE(lan.cable(1).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(2).wait_for_frame());
  lan.settle();
  EXPECT_EQ(lan.drops(lost, DropReason::port_gone), 1U);
  lan.engine().remove_port(lost);
  EXPECT_EQ(told, 1);
}

TEST(Switch, FrameWaitsUntilAllPortsAreThere) {
  Lan lan(2);
  lan.engine().receive_later();
  lan.plug();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  lan.settle();
  lan.plug();
  ASSERT_TRUE(lan.engine().begin_receiving());
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
  ASSERT_TRUE(lan.cable(1).send(frame(bob, alice).build()));
  EXPECT_TRUE(lan.cable(0).wait_for_frame());
}

TEST(Switch, ReplacedPortGoesOnWithItsIndexCountersAndStations) {
  Lan lan(2);
  const PortIndex replaced = lan.plug();
  lan.plug();
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  lan.cable(0).pull();
  SocketPortPair pair = make_socket_port();
  std::unique_ptr<Port> port = std::move(pair.port);
  ASSERT_TRUE(lan.engine().replace_port(replaced, port));
  ASSERT_TRUE(lan.cable(1).send(frame(bob, alice).build()));
  EXPECT_TRUE(pair.cable.wait_for_frame());
  ASSERT_TRUE(pair.cable.send(frame(alice, bob).build()));
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
  lan.settle();
  EXPECT_EQ(lan.engine().totals(replaced).in_octets, 2 * frame(alice, bob).build().size());
  EXPECT_EQ(lan.engine().fdb().count_on(replaced), 1U);
}

TEST(Switch, RemovedPortIsForgottenAndItsIndexUsedAgain) {
  Lan lan;
  lan.plug();
  const PortIndex removed = lan.plug();
  ASSERT_TRUE(lan.cable(1).send(frame(bob, everybody).build()));
  ASSERT_TRUE(lan.cable(0).wait_for_frame());
  EXPECT_EQ(lan.engine().fdb().count_on(removed), 1U);
  lan.engine().remove_port(removed);
  EXPECT_EQ(lan.engine().fdb().size(), 0U);
  EXPECT_EQ(lan.plug(), removed);
  // Bob is unknown again: his frames flood to the new port.
  ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).build()));
  EXPECT_TRUE(lan.cable(2).wait_for_frame());
}

TEST(Switch, ChangedRuleHoldsForTheNextFrame) {
  Lan lan;
  lan.plug(access(10));
  const PortIndex moved = lan.plug(access(10));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  ASSERT_TRUE(lan.cable(1).send(frame(bob, alice).build()));
  ASSERT_TRUE(lan.cable(0).wait_for_frame());

  lan.engine().set_port_rule(moved, access(20));
  EXPECT_EQ(lan.engine().fdb().count_on(moved), 0U);
  ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).build()));
  lan.settle();
  EXPECT_EQ(lan.cable(1).receive(), std::nullopt);
}

TEST(Switch, FramesOfOnePortStayInOrder) {
  Lan lan(2);
  lan.plug();
  lan.plug();
  constexpr std::size_t count = 1000;
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte number[] = {static_cast<std::byte>(i >> 8), static_cast<std::byte>(i)};
    while (!lan.cable(0).send(frame(alice, bob).payload(number).build())) {
      std::this_thread::yield();
    }
    const auto received = lan.cable(1).wait_for_frame();
    ASSERT_TRUE(received);
    EXPECT_EQ((*received)[14], number[0]);
    EXPECT_EQ((*received)[15], number[1]);
  }
}

TEST(Switch, PortThatMovesToAnotherWorkerKeepsItsFramesInOrder) {
  Lan lan(2);
  const PortIndex from = lan.plug();
  lan.plug();
  constexpr int count = 20'000;
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) {
      const std::byte number[] = {static_cast<std::byte>(i >> 8), static_cast<std::byte>(i)};
      const Bytes numbered = frame(alice, bob).payload(number).build();
      while (!lan.cable(0).send(numbered)) {
        std::this_thread::yield();
      }
    }
  });
  std::atomic<bool> is_over = false;
  std::thread mover([&] {
    for (std::size_t worker = 1; !is_over; worker = 1 - worker) {
      ASSERT_TRUE(lan.engine().move_port(from, worker));
      EXPECT_EQ(lan.engine().worker_of(from), worker);
    }
  });
  int last = -1;
  while (last < count - 1) {
    const auto received = lan.cable(1).wait_for_frame();
    if (!received) {
      break;  // those that found the cable full are lost, perhaps the last one too
    }
    const int number =
        std::to_integer<int>((*received)[14]) << 8 | std::to_integer<int>((*received)[15]);
    ASSERT_GT(number, last);
    last = number;
  }
  EXPECT_GT(last, count / 2);
  is_over = true;
  sender.join();
  mover.join();
}

TEST(Switch, WorkerThatPollsForwardsAndGoesToSleepAndEnds) {
  Lan lan(
      1, {}, [](PortIndex) {}, std::chrono::milliseconds(1));
  lan.plug();
  lan.plug();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(lan.cable(0).send(frame(alice, bob).build()));
    ASSERT_TRUE(lan.cable(1).wait_for_frame());
    std::this_thread::sleep_for(std::chrono::microseconds(i * 50));  // still polling, or asleep
  }
}

TEST(Switch, PortsComeAndGoUnderTraffic) {
  Lan lan(2);
  lan.plug();
  lan.plug();
  std::atomic<bool> is_over = false;
  std::thread traffic([&] {
    while (!is_over) {
      lan.cable(0).send(frame(alice, everybody).build());
      while (lan.cable(1).receive()) {
      }
    }
  });
  for (int i = 0; i < 300; ++i) {
    SocketPortPair pair = make_socket_port();
    const auto index = lan.engine().add_port(std::move(pair.port), access(1));
    ASSERT_TRUE(index);
    EXPECT_TRUE(pair.cable.wait_for_frame());
    lan.engine().set_port_rule(*index, access(2));
    lan.engine().remove_port(*index);
  }
  is_over = true;
  traffic.join();
}

TEST(Switch, EachPortIsOnTheFloodListOfItsVlan) {
  Lan lan;
  for (std::size_t i = 0; i < 64; ++i) {
    lan.plug();
  }
  EXPECT_EQ(lan.engine().snapshot().flood_list(1).size(), 64U);
}

TEST(Switch, TwoSwitchesShareNothing) {
  WorkerPool pool(1);
  Switch left(pool);
  Switch right(pool);
  SocketPortPair a = make_socket_port();
  SocketPortPair b = make_socket_port();
  SocketPortPair c = make_socket_port();
  (void)*left.add_port(std::move(a.port), {});
  (void)*left.add_port(std::move(b.port), {});
  (void)*right.add_port(std::move(c.port), {});
  ASSERT_TRUE(a.cable.send(frame(alice, everybody).build()));
  EXPECT_TRUE(b.cable.wait_for_frame());
  pool.run_on_all([](Worker&) {});
  EXPECT_EQ(c.cable.receive(), std::nullopt);
  EXPECT_EQ(right.fdb().size(), 0U);
}

}  // namespace switch_test
}  // namespace tapswitch::test
