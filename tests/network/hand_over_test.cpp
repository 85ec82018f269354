// SPDX-License-Identifier: Apache-2.0
// A network told to another one that has nothing yet: system.hand_over without the sockets.
#include "control/network/hand_over.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/api/lab_fixture.hpp"
#include "tests/server/temporary_directory.hpp"

namespace tapswitch::test {
namespace hand_over_test {

using network::Inheritance;
using network::Unheritable;

class HandOver : public LabFixture {
 protected:
  // Tells all but those messages that are about 'but'.
  Inheritance tell(const std::string& but = {}) {
    Inheritance inheritance;
    for (const network::HandOverMessage& message :
         network::messages_about(network_, Unheritable::leave_out)) {
      if (message.words.at("about") == but) {
        continue;
      }
      std::vector<UniqueFd> descriptors;
      for (const int fd : message.descriptors) {
        descriptors.emplace_back(::dup(fd));
      }
      inheritance.take(message.words, std::move(descriptors));
    }
    return inheritance;
  }

  static std::vector<std::string> stations_of(const network::Network& network) {
    std::vector<std::string> found;
    for (const auto& [name, home] : network.switches()) {
      for (const FdbEntry& entry :
           home.engine->fdb().page({}, 0, 1'000, std::chrono::steady_clock::now()).entries) {
        found.push_back(entry.station.mac.to_string() + " on " +
                        *network.port_name(home, entry.port));
      }
    }
    std::ranges::sort(found);
    return found;
  }

  events::EventHub other_events_;
  network::Network other_{{.worker_count = 1}, [](const auto&) {}, other_events_};
};

TEST_F(HandOver, MoreQueuesThanWorkersAreRefused) {
  add_port("a", {{"queues", 2}});
  Inheritance inheritance = tell();
  EXPECT_THROW(inheritance.build(other_), rpc::Error);
}

TEST_F(HandOver, BothForwardUntilTheFirstIsGone) {
  add_port("a");
  add_port("b");
  call("vlan.set", {{"vid", 10}, {"name", "office"}});
  call("fdb.add", {{"mac", "02:00:00:00:00:77"}, {"vlan", 10}, {"port", "a"}});
  RawStation on_a = station_on("a");
  RawStation on_b = station_on("b");
  ASSERT_TRUE(on_a.send(FrameBuilder().from(alice).to(broadcast).build()));
  ASSERT_TRUE(on_b.receive());
  Inheritance inheritance = tell();
  inheritance.build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
  EXPECT_EQ(other_.revision(), network_.revision());
  EXPECT_EQ(stations_of(other_), stations_of(network_));
  EXPECT_EQ(stations_of(other_).size(), 2U);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(on_a.send(FrameBuilder().from(alice).to(broadcast).build()));
    ASSERT_TRUE(on_b.receive()) << "frame " << i << " came by neither";
    if (i == 50) {
      network_.remove_switch(network_.find_switch("sw0"), true);
    }
  }
  EXPECT_GT(other_.find_switch("sw0").engine->totals(other_.find_port("a").index).in_octets, 0U);
}

TEST_F(HandOver, PairOfVethsIsOfWhoeverHasItInTheEnd) {
  add_port("a", {{"type", "veth"}});
  const auto is_there = [&] {
    return shell("ip -n " + lab_->name() + " link show a > /dev/null 2>&1") == 0;
  };
  {
    network::Network failing(
        {.worker_count = 1}, [](const auto&) {}, other_events_);
    tell().build(failing);
  }
  EXPECT_TRUE(is_there()) << "it went with a successor that has failed";
  tell().build(other_);
  network_.let_go();
  other_.own_ends();
  network_.remove_switch(network_.find_switch("sw0"), true);
  EXPECT_TRUE(is_there()) << "it went with the first, which had let go";
  other_.remove_switch(other_.find_switch("sw0"), true);
  EXPECT_FALSE(is_there());
}

TEST_F(HandOver, StationThatCannotBeIsNotTaken) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw0"}, {"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  for (const char* name : {"b", "c", "d"}) {
    add_port(name, {{"switch", "sw1"}});
  }
  Inheritance inheritance = tell();
  const Json far_too_old = std::int64_t{1} << 62;
  const Json stations = Json::array({{10, "02:00:00:00:00:01", "a", 0},  // the one that can
                                     {4095, "02:00:00:00:00:02", "a", 0},
                                     {4096, "02:00:00:00:00:03", "a", 0},
                                     {1'000'000, "02:00:00:00:00:04", "a", 0},
                                     {-1, "02:00:00:00:00:05", "a", 0},
                                     {0, "02:00:00:00:00:06", "a", 0},
                                     {10, "02:00:00:00:00:07", "d", 0},  // of the other switch
                                     {10, "02:00:00:00:00:08", "nobody", 0},
                                     {11, "02:00:00:00:00:09", "a", 0},
                                     {10, "03:00:00:00:00:01", "a", 0},
                                     {10, "00:00:00:00:00:00", "a", 0},
                                     {10, "02:00:00:00:00:0a", "a", -1},
                                     {10, "02:00:00:00:00:0b", "a", far_too_old},
                                     {10, "nonsense", "a", 0}});
  inheritance.take({{"about", "stations"}, {"switch", "sw0"}, {"stations", stations}}, {});
  inheritance.build(other_);
  EXPECT_EQ(stations_of(other_), std::vector<std::string>{"02:00:00:00:00:01 on a"});
}

TEST_F(HandOver, QueuesThatThePortDoesNotHaveAreRefused) {
  add_port("a");
  Inheritance inheritance = tell("tap");
  Json words;
  std::vector<UniqueFd> descriptors;
  for (const network::HandOverMessage& message :
       network::messages_about(network_, Unheritable::leave_out)) {
    if (message.words.at("about") == "tap") {
      words = message.words;
      descriptors.emplace_back(::dup(message.descriptors[0]));
      descriptors.emplace_back(::dup(message.descriptors[0]));
    }
  }
  words["queues"] = 2;
  inheritance.take(words, std::move(descriptors));
  EXPECT_THROW(inheritance.build(other_), std::runtime_error);
}

TEST_F(HandOver, SocketOfAUdpPortComesAlong) {
  call("port.add", {{"name", "far"},
                    {"type", "udp"},
                    {"local", "127.0.0.1:42997"},
                    {"remote", "127.0.0.1:42998"}});
  Inheritance inheritance = tell();
  inheritance.build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
  Inheritance missing = tell("udp");
  events::EventHub third_events;
  network::Network third{{.worker_count = 1}, [](const auto&) {}, third_events};
  EXPECT_THROW(missing.build(third), std::runtime_error);
}

TEST_F(HandOver, SocketOfATunnelComesAlongWithItsPlaceAmongOthers) {
  for (const int vni : {7, 8}) {
    call("port.add", {{"name", "net" + std::to_string(vni)},
                      {"type", "vxlan"},
                      {"vni", vni},
                      {"local", "127.0.0.1"},
                      {"udp_port", 42'996},
                      {"remote", {"127.0.0.2"}}});
  }
  Inheritance inheritance = tell();
  inheritance.build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
  Inheritance missing = tell("vxlan");
  events::EventHub third_events;
  network::Network third{{.worker_count = 1}, [](const auto&) {}, third_events};
  EXPECT_THROW(missing.build(third), std::runtime_error);
}

TEST_F(HandOver, UdpPortThatIsUnpluggedHasNoSocketToCome) {
  call("port.add", {{"name", "far"},
                    {"type", "udp"},
                    {"local", "127.0.0.1:42997"},
                    {"remote", "127.0.0.1:42998"},
                    {"carrier", false}});
  Inheritance inheritance = tell();
  inheritance.build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
}

TEST_F(HandOver, TapThatDoesNotComeIsMissed) {
  add_port("a");
  Inheritance inheritance = tell("tap");
  EXPECT_THROW(inheritance.build(other_), std::runtime_error);
}

TEST_F(HandOver, PortThatIsAwaitedIsAwaitedByTheSuccessorToo) {
  add_port("a");
  config::PortSpec spec;
  spec.name = "b";
  config::TapSpec tap;
  tap.interface = "b";
  tap.name_space = "no-such";
  spec.far_end = tap;
  network_.add_port_or_await(network_.find_switch("sw0"), spec);
  tell().build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
  EXPECT_TRUE(other_.find_port("b").is_awaited);
  EXPECT_EQ(other_.find_port("b").refusal, network_.find_port("b").refusal);
}

TEST_F(HandOver, DescriptorsThatAreNotCompleteAreRefused) {
  add_port("a");
  for (const network::HandOverMessage& message :
       network::messages_about(network_, Unheritable::leave_out)) {
    Inheritance inheritance;
    if (message.words.at("about") == "tap") {
      EXPECT_THROW(inheritance.take(message.words, {}), std::runtime_error);
    }
  }
}

TEST_F(HandOver, WhatALaterVersionTellsBesidesIsPassedOver) {
  Inheritance inheritance = tell();
  inheritance.take({{"about", "weather"}, {"sun", true}}, {});
  inheritance.build(other_);
  EXPECT_EQ(other_.configuration(), network_.configuration());
}

TEST_F(HandOver, PortsOfOneProcessAloneAreRefusedOrLeftOut) {
  add_port("a");
  const TemporaryDirectory directory;
  call("port.add",
       {{"name", "vm"}, {"type", "qemu"}, {"listen", "unix:" + directory.file("vm.sock")}});
  call("fdb.add", {{"mac", "02:00:00:00:00:77"}, {"vlan", 1}, {"port", "vm"}});
  EXPECT_THROW((void)network::messages_about(network_, Unheritable::refuse), rpc::Error);
  Inheritance inheritance = tell();
  inheritance.build(other_);
  ASSERT_EQ(other_.ports().size(), 1U);
  EXPECT_EQ(other_.ports().begin()->first, "a");
  EXPECT_TRUE(other_.find_switch("sw0").spec.static_entries.empty());
}

}  // namespace hand_over_test
}  // namespace tapswitch::test
