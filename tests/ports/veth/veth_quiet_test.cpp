// SPDX-License-Identifier: Apache-2.0
// The near end of a pair speaks and hears for nobody but the port, also on a host that routes.
#include <linux/if_link.h>

#include <chrono>
#include <thread>

#include "switch/ports/veth/near_end.hpp"
#include "tests/ports/veth/veth_port_fixture.hpp"

namespace tapswitch {
namespace veth_quiet_test {

using ::testing::ElementsAre;

TEST(NearEnd, NameIsThatOfThePortIfThereIsRoom) {
  EXPECT_THAT(near_end_names("alice"), ElementsAre("tsw-alice", "tsw-alice~%d"));
  EXPECT_THAT(near_end_names("eleven-char"), ElementsAre("tsw-eleven-char", "tsw-eleven~%d"));
  EXPECT_THAT(near_end_names("twelve-chars"), ElementsAre("tsw-twelve~%d"));
  EXPECT_EQ(near_end_alias("twelve-chars"), "tapswitch: port twelve-chars");
}

TEST_F(VethPortTest, NameThatIsTakenIsPassedOver) {
  ip_near("link add tsw-alice type bridge");
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    ASSERT_TRUE(near_is("tsw-alice~0"));
    EXPECT_EQ(near_is("tsw-alice~0")->alias, "tapswitch: port alice");
  });
}

TEST_F(VethPortTest, NearEndHasNoProtocol) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    const auto near = near_is();
    ASSERT_TRUE(near);
    EXPECT_FALSE(near->arp);
    EXPECT_FALSE(near->multicast);
    EXPECT_EQ(near->mtu, near_end_mtu);
    EXPECT_EQ(near->group, passing_group);
    EXPECT_EQ(near->address_mode.value_or(IN6_ADDR_GEN_MODE_NONE), IN6_ADDR_GEN_MODE_NONE);
    EXPECT_TRUE(RouteSocket::open().value().addresses(near->index)->empty());
    EXPECT_TRUE(port->quiet().is_deaf);
  });
}

TEST_F(VethPortTest, HostThatRoutesSaysNothingByIt) {
  ASSERT_EQ(test::shell("ip netns exec " + home_->name() +
                        " sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1"),
            0);
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    // Reports of groups come within a second, router solicitations within one more.
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    away_->run([] {
      auto routes = RouteSocket::open().value();
      const int index = routes.find("eth0").value().index;
      EXPECT_EQ(routes.statistics(index)->at(index).received_frames, 0U);
    });
  });
}

TEST_F(VethPortTest, HostThatHasTheAddressDoesNotAnswer) {
  ip_near("link add host0 type bridge");
  ip_near("address add 10.0.0.77/24 dev host0");
  ip_near("link set host0 up");
  at_home([&] {
    VethOptions wanted = options();
    wanted.addresses = {InterfaceAddress::parse("10.0.0.1/24").value()};
    const auto port = open(wanted);
    ASSERT_TRUE(port);
    EXPECT_NE(test::shell("ip netns exec " + away_->name() +
                          " ping -n -q -c 1 -W 1 10.0.0.77 > /dev/null"),
              0);
    FrameBuffer buffer;
    EXPECT_TRUE(test::wait_until([&] { return has_frame(port->receive(0, buffer)); }))
        << "the port hears who asks";
  });
}

}  // namespace veth_quiet_test
}  // namespace tapswitch
