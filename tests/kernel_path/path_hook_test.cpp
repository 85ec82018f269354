// SPDX-License-Identifier: Apache-2.0
// The programs of the kernel path at real interfaces, and the facts about the kernel that they
// stand on: a packet socket's filter runs before the filter of tc, on the same frame, and what it
// writes into the frame's control block is there for that filter.
#include "switch/kernel_path/path_hook.hpp"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "switch/kernel_path/path_tables.hpp"
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
constexpr std::chrono::milliseconds a_moment{100};

// The near end of a station, with its packet socket, as a port has it.
struct NearEnd {
  int index = 0;
  std::optional<PacketSocket> socket = {};

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
class PathHook : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
    program_.emplace(PathProgram::load().value());
    tables_.emplace(*program_);
    first_.emplace("first");
    second_.emplace("second");
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

  void put_on_path_both() {
    for (const NearEnd* end : {&at_first_, &at_second_}) {
      const auto done = put_on_path(*routes_, *program_, end->index, end->socket->descriptor());
      ASSERT_TRUE(done) << done.error().message();
    }
  }

  std::optional<TemporaryNamespace> home_;
  std::optional<TemporaryNamespace> first_;
  std::optional<TemporaryNamespace> second_;
  std::optional<RouteSocket> routes_;
  std::optional<PathProgram> program_;
  std::optional<PathTables> tables_;
  NearEnd at_first_;
  NearEnd at_second_;
};

TEST_F(PathHook, KnownUnicastCrossesAndTheSocketDoesNotHearIt) {
  put_on_path_both();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_EQ(hears.receive(), FrameBuilder().from(alice).to(bob).tag({.vid = 7}).build());
  EXPECT_FALSE(at_first_.has_heard());
  EXPECT_FALSE(at_second_.has_heard());
  EXPECT_EQ(tables_->port_counters(0).in_frames, 1U);
}

TEST_F(PathHook, TagComesOffOnTheWayBack) {
  put_on_path_both();
  RawStation sends(*second_, "far");
  RawStation hears(*first_, "far");
  ASSERT_TRUE(sends.send(
      FrameBuilder().from(bob).to(alice).tag({.priority = 3, .vid = 7}).tag({.vid = 9}).build()));
  EXPECT_EQ(hears.receive(), FrameBuilder().from(bob).to(alice).tag({.vid = 9}).build());
  EXPECT_FALSE(at_second_.has_heard());
}

TEST_F(PathHook, SocketHearsWhatIsNotDecidedAndNothingCrosses) {
  put_on_path_both();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(MacAddress(0xffff'ffff'ffff)).build()));
  EXPECT_TRUE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
}

// A daemon that was killed leaves the filter of tc; what comes in is then nobody's.
TEST_F(PathHook, WithoutTheSocketNothingCrosses) {
  put_on_path_both();
  at_first_.socket.reset();
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_FALSE(hears.receive(a_moment));
}

TEST_F(PathHook, AnotherDaemonPutsItsOwnInThePlace) {
  put_on_path_both();
  const PathProgram other = PathProgram::load().value();
  ASSERT_TRUE(put_on_path(*routes_, other, at_first_.index, at_first_.socket->descriptor()));
  RawStation sends(*first_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  // The maps of the other know nothing.
  EXPECT_TRUE(at_first_.has_heard());
}

TEST_F(PathHook, TakenOffTheSocketHearsAllAgain) {
  put_on_path_both();
  EXPECT_TRUE(has_ingress_program(*routes_, at_first_.index));
  take_off_path(*routes_, at_first_.index, at_first_.socket->descriptor());
  EXPECT_FALSE(has_ingress_program(*routes_, at_first_.index));
  RawStation sends(*first_, "far");
  RawStation hears(*second_, "far");
  ASSERT_TRUE(sends.send(FrameBuilder().from(alice).to(bob).build()));
  EXPECT_TRUE(at_first_.has_heard());
  EXPECT_FALSE(hears.receive(a_moment));
}

}  // namespace path_hook_test
}  // namespace tapswitch::test
