// SPDX-License-Identifier: Apache-2.0
// The programs of the kernel path at real interfaces, and the facts about the kernel that they
// stand on: a packet socket's filter runs before the filter of tc, on the same frame, and what it
// writes into the frame's control block is there for that filter.
#include "switch/kernel_path/path_hook.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "switch/kernel_path/path_queues.hpp"
#include "switch/kernel_path/path_tables.hpp"
#include "switch/ports/ledger_time.hpp"
#include "switch/ports/packet/packet_socket.hpp"
#include "switch/system/ingress_gate.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch::test {
namespace path_hook_test {

constexpr MacAddress alice{0x0200'0000'000a};
constexpr MacAddress bob{0x0200'0000'000b};
constexpr MacAddress carol{0x0200'0000'000c};
constexpr std::chrono::milliseconds a_moment{100};
constexpr std::chrono::hours an_hour{1};

// As the programs tell the time.
std::uint64_t nanoseconds_from_now(std::chrono::nanoseconds later) {
  return ledger_time(std::chrono::steady_clock::now() + later);
}

// The near end of a station, with its packet socket, as a port has it.
struct NearEnd {
  int index = 0;
  std::optional<PacketSocket> socket = {};
  PathHook hook = {};

  // Whether the socket has heard a test frame; stations say other things by themselves.
  bool has_heard() {
    FrameBuffer frame;
    return wait_until(
        [&] {
          return has_frame(socket->receive(frame)) && is_test(*FrameView::parse(frame.head()));
        },
        a_moment);
  }
  static bool is_test(const FrameView& view) {
    const std::size_t offset = view.tag() ? 16 : 12;
    return load_16(view.bytes().data() + offset) == test_ether_type;
  }
};

// Two stations, each at the far end of a veth in a namespace of its own.
class PathHooks : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
    program_.emplace(PathProgram::load().value());
    tables_.emplace(*program_);
    queues_.emplace(PathQueues::open(*program_).value());
    first_.emplace("first");
    second_.emplace("second");
    // Frames are counted, and these kernels are to say nothing by themselves.
    for (const auto* there : {&home_, &first_, &second_}) {
      ASSERT_EQ(shell("ip netns exec " + (*there)->name() +
                      " sysctl -qw net.ipv6.conf.default.disable_ipv6=1"),
                0);
    }
    home_->run([&] { routes_.emplace(RouteSocket::open().value()); });
    make(at_first_, "near1", *first_, 0, {.mode = PortMode::access, .pvid = 7});
    make(at_second_, "near2", *second_, 1, {});
    know(alice, 0);
    know(bob, 1);
    tables_->set_switch(0, {.generation = 1, .ageing = 300, .unused = 0});
  }

  void make(NearEnd& end, const std::string& name, const TemporaryNamespace& there,
            std::uint32_t index, const VlanRule& vlan) {
    const std::string in_home = "ip -n " + home_->name() + " ";
    ASSERT_EQ(shell(in_home + "link add " + name + " type veth peer name far netns " +
                    there.name() + " && " + in_home + "link set " + name + " up && ip -n " +
                    there.name() + " link set far up"),
              0);
    home_->run([&] {
      end.index = routes_->find(name).value().index;
      end.socket.emplace(PacketSocket::open(end.index).value());
      ASSERT_TRUE(shut_ingress(*routes_, end.index));
    });
    const Snapshot snapshot({}, std::vector<std::optional<PortRule>>{PortRule{.vlan = vlan}});
    path_port port = path_port_of(snapshot.port(PortIndex{0}));
    port.generation = 1;
    port.ifindex = static_cast<std::uint32_t>(end.index);
    port.index = index;
    port.counters = index;
    port.mtu = 1500;
    port.flags |= path_is_far;
    ASSERT_TRUE(tables_->put_port(port));
  }

  void know(MacAddress mac, std::uint32_t index) {
    ASSERT_TRUE(tables_->put_station(path_station_of(0, {7, mac}),
                                     {.index = index, .is_fixed = 1, .heard = 0, .unused = 0}));
  }

  // In the namespace of the interface.
  PathHook put(const NearEnd& end, const PathProgram& program) {
    PathHook hook;
    home_->run([&] {
      hook = put_on_path(*routes_, program, end.index, end.socket->descriptor()).value();
    });
    return hook;
  }

  void put_on_path_both() {
    for (NearEnd* end : {&at_first_, &at_second_}) {
      end->hook = put(*end, *program_);
    }
  }

  std::optional<TemporaryNamespace> home_;
  std::optional<TemporaryNamespace> first_;
  std::optional<TemporaryNamespace> second_;
  std::optional<RouteSocket> routes_;
  std::optional<PathProgram> program_;
  std::optional<PathTables> tables_;
  std::optional<PathQueues> queues_;
  NearEnd at_first_;
  NearEnd at_second_;
};

TEST_F(PathHooks, KnownUnicastCrossesAndTheSocketDoesNotHearIt) {
  put_on_path_both();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_EQ(hears.receive(), FrameBuilder().from(alice).to(bob).tag({.vid = 7}).build());
  EXPECT_FALSE(at_first_.has_heard());
  EXPECT_FALSE(at_second_.has_heard());
  EXPECT_EQ(tables_->port_counters(0).in_frames, 1U);
}

TEST_F(PathHooks, TagComesOffOnTheWayBack) {
  put_on_path_both();
  RawStation sends(*second_, "far");
  RawStation hears(*first_, "far");
  ASSERT_TRUE(sends.send(
      FrameBuilder().from(bob).to(alice).tag({.priority = 3, .vid = 7}).tag({.vid = 9}).build()));
  EXPECT_EQ(hears.receive(), FrameBuilder().from(bob).to(alice).tag({.vid = 9}).build());
  EXPECT_FALSE(at_second_.has_heard());
}

TEST_F(PathHooks, SocketHearsWhatIsNotDecidedAndNothingCrosses) {
  put_on_path_both();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(MacAddress(0xffff'ffff'ffff)).build()));
  EXPECT_TRUE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
}

// The worker of the first port still has frames before this one.
TEST_F(PathHooks, FrameDoesNotOvertakeThoseThatWait) {
  put_on_path_both();
  path_queue& queue = queues_->at(0);
  const auto moment = nanoseconds_from_now(an_hour);
  queue.since = moment;
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  const auto frame = FrameBuilder().from(alice).to(bob).build();
  ASSERT_TRUE(sends.send(frame));
  EXPECT_TRUE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
  EXPECT_EQ(queue.ledger.left, 1U);
  EXPECT_EQ(queue.ledger.queued, 1U);
  queue.ledger.drained = moment;
  ASSERT_TRUE(sends.send(frame));
  EXPECT_TRUE(hears.receive());
  EXPECT_EQ(queues_->lost(0), 0U);
}

TEST_F(PathHooks, FrameThatIsLeftHasThoseOfItsFlowWaitAndNoOthers) {
  put_on_path_both();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  const auto to_bob = FrameBuilder().from(alice).to(bob).build();
  tables_->set_switch(0, {.generation = 2, .ageing = 300, .unused = 0});
  ASSERT_TRUE(sends.send(to_bob));
  EXPECT_TRUE(at_first_.has_heard());
  tables_->set_switch(0, {.generation = 1, .ageing = 300, .unused = 0});
  path_queue& queue = queues_->at(0);
  EXPECT_GT(queue.last, queue.ledger.drained);
  know(carol, 1);
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(carol).build()));
  EXPECT_TRUE(hears.receive());
  queue.ledger.drained = queue.last;
  ASSERT_TRUE(sends.send(to_bob));
  EXPECT_TRUE(hears.receive());
}

// The worker never comes to an end: what could go by the path is not left to it any more.
TEST_F(PathHooks, WhereTheWorkerHasTooMuchToDoFramesAreLostAndNotOutOfOrder) {
  put_on_path_both();
  path_queue& queue = queues_->at(0);
  queue.since = nanoseconds_from_now(an_hour);
  queue.last = nanoseconds_from_now(an_hour);  // and it waits since long ago
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_FALSE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
  EXPECT_EQ(queues_->lost(0), 1U);
  EXPECT_EQ(tables_->port_counters(0).in_frames, 0U);
}

// A daemon that was killed leaves the filter of tc; what comes in is then nobody's.
TEST_F(PathHooks, WithoutTheSocketNothingCrosses) {
  put_on_path_both();
  at_first_.socket.reset();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_FALSE(hears.receive(a_moment));
}

TEST_F(PathHooks, AnotherDaemonPutsItsOwnInThePlace) {
  put_on_path_both();
  const PathProgram other = PathProgram::load().value();
  const PathHook hook = put(at_first_, other);
  RawStation sends(*first_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  // The maps of the other know nothing.
  EXPECT_TRUE(at_first_.has_heard());
}

TEST_F(PathHooks, TakenOffTheSocketHearsAllAgain) {
  put_on_path_both();
  EXPECT_TRUE(is_on_path(*routes_, at_first_.hook, at_first_.index));
  take_off_path(*routes_, std::exchange(at_first_.hook, {}), at_first_.index,
                at_first_.socket->descriptor());
  EXPECT_FALSE(is_on_path(*routes_, at_first_.hook, at_first_.index));
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_TRUE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
}

}  // namespace path_hook_test
}  // namespace tapswitch::test
