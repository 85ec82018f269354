// SPDX-License-Identifier: Apache-2.0
// TapPort and interfaces that are there before it.
#include <cerrno>

#include "tests/ports/tap/tap_port_fixture.hpp"

namespace tapswitch {
namespace tap_port_adopt_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(TapPortTest, ExistingTapIsAdoptedAndStaysWhenThePortIsClosed) {
  ip("tuntap add dev tap0 mode tap");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_FALSE(port->was_created());
  EXPECT_TRUE(in_lab_is("tap0")->is_up);
  port.reset();
  EXPECT_TRUE(in_lab_is("tap0"));
}

TEST_F(TapPortTest, ExistingTapInOurNamespaceIsAdopted) {
  const TapOptions options = in_ours();
  ASSERT_EQ(test::shell("ip tuntap add dev " + options.interface + " mode tap"), 0);
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_FALSE(port->was_created());
  port.reset();
  EXPECT_TRUE(look_up(options.interface));
  EXPECT_EQ(test::shell("ip link del " + options.interface), 0);
}

TEST_F(TapPortTest, AdoptedTapThatIsNoLongerToPersistGoesWithThePort) {
  ip("tuntap add dev tap0 mode tap");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ASSERT_TRUE(port->set_persist(false));
  port.reset();
  EXPECT_FALSE(in_lab_is("tap0"));
}

TEST_F(TapPortTest, AddressAnAdoptedTapHasAlreadyIsNoMistake) {
  ip("tuntap add dev tap0 mode tap");
  ip("address add 10.0.0.1/24 dev tap0");
  TapOptions options = in_lab();
  options.addresses = addresses({"10.0.0.1/24"});
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("10.0.0.1/24"));
  ASSERT_TRUE(port->set_addresses({}));
  EXPECT_TRUE(addresses_in_lab("tap0").empty());
}

TEST_F(TapPortTest, AdoptedTapIsAsItWasAfterAFailure) {
  ip("tuntap add dev tap0 mode tap user 11 group 22");
  ip("link set tap0 address 02:00:00:00:00:07 mtu 1300");
  ip("address add 192.0.2.7/32 dev tap0");
  TapOptions options = in_lab();
  options.mac = MacAddress(0x0200'0000'0099);
  options.mtu = 9000;
  options.addresses = addresses({"10.0.0.1/24", "192.0.2.7/32"});
  options.owner = 1234;
  options.group = static_cast<gid_t>(-1);  // nobody's: the last step but one fails
  const auto port = TapPort::open(options);
  ASSERT_FALSE(port);
  EXPECT_THAT(port.error().message(), HasSubstr("cannot set group 4294967295 on TAP 'tap0'"));
  const auto info = in_lab_is("tap0");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->mac, MacAddress(0x0200'0000'0007));
  EXPECT_EQ(info->mtu, 1300U);
  EXPECT_FALSE(info->is_up);
  EXPECT_EQ(info->tun->owner, 11U);
  EXPECT_EQ(info->tun->group, 22U);
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("192.0.2.7/32"));
}

TEST_F(TapPortTest, GroupThatTheKernelDoesNotTakeBackIsTold) {
  ip("tuntap add dev tap0 mode tap");
  const auto port = TapPort::open(in_lab());
  ASSERT_TRUE(port);
  const auto before = (*port)->state();
  ASSERT_TRUE(before);
  ASSERT_TRUE((*port)->set_group(22));
  const auto restored = (*port)->restore(*before);
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().message(), HasSubstr("cannot restore TAP 'tap0'"));
  EXPECT_THAT(restored.error().message(), HasSubstr("it stays with group 22"));
}

TEST_F(TapPortTest, AddressesOfAnAdoptedTapComeBackWithAllThatWasSaidOfThem) {
  ip("tuntap add dev tap0 mode tap");
  ip("link set tap0 up");
  ip("address add 10.7.1.1 peer 10.7.1.2/32 dev tap0");
  ip("address add 2001:db8::1/64 dev tap0 nodad noprefixroute preferred_lft 0");
  TapOptions options = in_lab();
  options.is_up = false;
  options.mtu = 1200;  // too small for IPv6
  options.group = static_cast<gid_t>(-1);
  ASSERT_FALSE(TapPort::open(options));
  const std::string now = test::shell_output("ip -n " + lab_->name() + " -o address show dev tap0");
  EXPECT_THAT(now, HasSubstr("inet 10.7.1.1 peer 10.7.1.2/32"));
  EXPECT_THAT(now, Not(HasSubstr("10.7.1.1/32")));
  EXPECT_THAT(now, HasSubstr("2001:db8::1/64 scope global nodad deprecated noprefixroute"));
}

TEST_F(TapPortTest, SecondPortOnTheSameTapIsRefused) {
  const auto first = open(in_lab());
  ASSERT_TRUE(first);
  const auto second = TapPort::open(in_lab());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().number, EBUSY);
  EXPECT_THAT(second.error().message(),
              AllOf(HasSubstr("cannot open TAP 'tap0' in namespace '" + lab_->name() + "'"),
                    HasSubstr("another port or another process has it open")));
  EXPECT_TRUE(in_lab_is("tap0")->is_up);
}

TEST_F(TapPortTest, InterfaceThatIsNoTapIsRefusedAndUntouched) {
  ip("link add veth0 type veth peer name veth1");
  ip("tuntap add dev tun0 mode tun");
  for (const char* name : {"lo", "veth0", "tun0"}) {
    const auto port = TapPort::open(in_lab(name));
    ASSERT_FALSE(port) << name;
    EXPECT_THAT(port.error().message(), HasSubstr("exists and is no TAP"));
    EXPECT_FALSE(in_lab_is(name)->is_up) << name;
  }
}

}  // namespace tap_port_adopt_test
}  // namespace tapswitch
