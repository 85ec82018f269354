// SPDX-License-Identifier: Apache-2.0
// TapPort on real TAPs: creating and configuring one. Adopting, refusals and how one goes are in
// the files beside this.
#include "switch/ports/tap/tap_port.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "switch/system/link_reader.hpp"
#include "tests/ports/tap/tap_port_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/raw_station.hpp"

namespace tapswitch {
namespace tap_port_test {

using test::FrameBuilder;
using test::RawStation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Receives past what the kernel itself sends when an interface comes up.
bool receive_test_frame(TapPort& port, FrameBuffer& buffer) {
  for (;;) {
    const ReceiveStatus status = port.receive(0, buffer);
    if (status == ReceiveStatus::received) {
      const auto view = FrameView::parse(buffer.head());
      if (view && view->ether_type() == test::test_ether_type) {
        return true;
      }
    } else if (status != ReceiveStatus::empty || !test::wait_until_readable(port.descriptor(0))) {
      return false;
    }
  }
}

TEST_F(TapPortTest, CreatedTapIsUpUnderItsNameAndGoesWithThePort) {
  const TapOptions options = in_ours();
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->was_created());
  const auto info = look_up(options.interface);
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->is_up);
  EXPECT_TRUE(info->tun->is_tap);
  EXPECT_FALSE(info->tun->is_persistent);
  port.reset();
  EXPECT_FALSE(look_up(options.interface));
}

TEST_F(TapPortTest, DescriptorNeitherBlocksNorIsInherited) {
  auto port = open(in_ours());
  ASSERT_TRUE(port);
  EXPECT_TRUE(::fcntl(port->descriptor(0), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(port->descriptor(0), F_GETFD) & FD_CLOEXEC);
}

TEST_F(TapPortTest, CreatedInANamespaceGivenByNamePathOrPid) {
  const std::string pid_file = "/tmp/tapswitch-pid-" + std::to_string(::getpid());
  ASSERT_EQ(test::shell("ip netns exec " + lab_->name() +
                        " sleep 1000 >/dev/null 2>&1 & echo $! >" + pid_file),
            0);
  const int pid = std::stoi(test::shell_output("cat " + pid_file));
  const auto lab = net_namespace_id(lab_->ref().open()->get());
  EXPECT_TRUE(test::wait_until([&] {
    const auto entered = NetNamespaceRef(std::to_string(pid)).open();
    return entered && net_namespace_id(entered->get()) == lab;
  }));
  for (const std::string& text : {lab_->name(), lab_->path(), std::to_string(pid)}) {
    TapOptions options = in_lab();
    options.name_space = NetNamespaceRef(text);
    auto port = open(options);
    ASSERT_TRUE(port) << text;
    EXPECT_TRUE(port->was_created());
    EXPECT_TRUE(in_lab_is("tap0")->is_up) << text;
    port.reset();
    EXPECT_FALSE(in_lab_is("tap0")) << text;
  }
  ::kill(pid, SIGKILL);
  ::unlink(pid_file.c_str());
}

TEST_F(TapPortTest, OurOwnNamespaceByPathIsOurs) {
  TapOptions options = in_ours();
  options.name_space = NetNamespaceRef("/proc/self/ns/net");
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_TRUE(look_up(options.interface));
}

TEST_F(TapPortTest, FramesCrossInBothDirections) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "tap0");
  FrameBuffer buffer;
  const auto towards_us = FrameBuilder().payload(46).build();
  ASSERT_TRUE(station.send(towards_us));
  ASSERT_TRUE(receive_test_frame(*port, buffer));
  EXPECT_TRUE(std::ranges::equal(buffer.head(), towards_us));

  const auto tagged = FrameBuilder().tag({.priority = 5, .vid = 10}).payload(1500).build();
  test::fill(buffer, tagged);
  ASSERT_EQ(port->send(buffer), SendStatus::sent);
  EXPECT_EQ(station.receive(), tagged);
}

TEST_F(TapPortTest, LentFrameLeavesWhole) {
  for (const OffloadSet& offloads : {OffloadSet(), all_offloads}) {
    TapOptions options = in_lab();
    options.offloads = offloads;
    auto port = open(options);
    ASSERT_TRUE(port);
    RawStation station(*lab_, "tap0");
    test::LentMemory memory;
    FrameBuffer buffer;
    const auto frame = FrameBuilder().tag({.vid = 10}).payload(1'500).build();
    test::fill_lent(buffer, memory, frame);
    ASSERT_TRUE(buffer.is_lent());
    ASSERT_EQ(port->send(buffer), SendStatus::sent);
    EXPECT_EQ(station.receive(), frame);
  }
}

TEST_F(TapPortTest, RuntIsRefusedByTheKernel) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  FrameBuffer buffer;
  test::fill(buffer, std::vector<std::byte>(13));
  EXPECT_EQ(port->send(buffer), SendStatus::refused);
}

TEST_F(TapPortTest, OptionsAreWhatTheKernelShows) {
  TapOptions options = in_lab();
  options.mac = MacAddress(0x0200'0000'0099);
  options.mtu = 9000;
  options.owner = 1234;
  options.group = 5678;
  options.persist = true;
  options.addresses = addresses({"10.0.0.1/24", "2001:db8::1/64"});
  auto port = open(options);
  ASSERT_TRUE(port);
  const auto info = in_lab_is("tap0");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->mac, options.mac);
  EXPECT_EQ(info->mtu, 9000U);
  EXPECT_EQ(info->tun->owner, 1234U);
  EXPECT_EQ(info->tun->group, 5678U);
  EXPECT_TRUE(info->tun->is_persistent);
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("10.0.0.1/24", "2001:db8::1/64"));
}

TEST_F(TapPortTest, PersistentTapStaysWithItsAddressesWhenThePortIsClosed) {
  TapOptions options = in_lab();
  options.persist = true;
  options.addresses = addresses({"10.0.0.1/24"});
  open(options).reset();
  ASSERT_TRUE(in_lab_is("tap0"));
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("10.0.0.1/24"));
}

TEST_F(TapPortTest, TapThatIsToBeDownIsDown) {
  TapOptions options = in_lab();
  options.is_up = false;
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_FALSE(in_lab_is("tap0")->is_up);
  EXPECT_FALSE(port->link().is_up);
}

TEST_F(TapPortTest, LinkSaysWhatTheKernelKnows) {
  TapOptions options = in_lab();
  options.mac = MacAddress(0x0200'0000'0099);
  options.mtu = 1400;
  auto port = open(options);
  ASSERT_TRUE(port);
  const LinkStatus link = port->link();
  EXPECT_TRUE(link.is_present);
  EXPECT_TRUE(link.is_up);
  EXPECT_TRUE(link.has_carrier);
  EXPECT_EQ(link.interface, "tap0");
  EXPECT_EQ(link.mac, options.mac);
  EXPECT_EQ(link.mtu, 1400U);
}

TEST_F(TapPortTest, FramesNobodyReadAreTheKernelsIngressDrops) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link set tap0 txqueuelen 10");
  RawStation station(*lab_, "tap0");
  const auto frame = FrameBuilder().build();
  for (int i = 0; i < 100; ++i) {
    station.send(frame);
  }
  LinkReader reader;
  const KernelDrops drops = port->read_drops(reader, {});
  EXPECT_GE(drops.ingress, 80U);
  EXPECT_EQ(drops.egress, 0U);
}

TEST_F(TapPortTest, SettersChangeTheOpenPort) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->set_mtu(9000));
  EXPECT_TRUE(port->set_mac(MacAddress(0x0200'0000'0042)));
  EXPECT_TRUE(port->set_owner(12));
  EXPECT_TRUE(port->set_group(34));
  EXPECT_TRUE(port->set_up(false));
  EXPECT_TRUE(port->set_persist(true));
  const auto info = in_lab_is("tap0");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->mtu, 9000U);
  EXPECT_EQ(info->mac, MacAddress(0x0200'0000'0042));
  EXPECT_EQ(info->tun->owner, 12U);
  EXPECT_EQ(info->tun->group, 34U);
  EXPECT_FALSE(info->is_up);
  EXPECT_TRUE(info->tun->is_persistent);
  EXPECT_TRUE(port->set_persist(false));
  port.reset();
  EXPECT_FALSE(in_lab_is("tap0"));
}

TEST_F(TapPortTest, SettersSayWhatTheKernelRefuses) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  const auto refused = port->set_mtu(10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "cannot set MTU 10 on TAP 'tap0': Invalid argument");
}

TEST_F(TapPortTest, AddressesAreReplacedAndThoseOfOthersStay) {
  TapOptions options = in_lab();
  options.addresses = addresses({"10.0.0.1/24", "10.0.0.2/24"});
  auto port = open(options);
  ASSERT_TRUE(port);
  ip("address add 192.0.2.7/32 dev tap0");
  ASSERT_TRUE(port->set_addresses(addresses({"10.0.0.2/24", "10.9.9.9/16"})));
  EXPECT_THAT(addresses_in_lab("tap0"),
              testing::UnorderedElementsAre("10.0.0.2/24", "10.9.9.9/16", "192.0.2.7/32"));
  ASSERT_TRUE(port->set_addresses({}));
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("192.0.2.7/32"));
}

TEST_F(TapPortTest, RefusedAddressLeavesAllAddressesAsTheyWere) {
  TapOptions options = in_lab();
  options.addresses = addresses({"10.0.0.1/24"});
  auto port = open(options);
  ASSERT_TRUE(port);
  const auto refused = port->set_addresses(addresses({"10.5.0.1/16", "ff02::1/64"}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("ff02::1/64"));
  EXPECT_THAT(addresses_in_lab("tap0"), ElementsAre("10.0.0.1/24"));
}

TEST_F(TapPortTest, RenamedTapIsStillFound) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link set tap0 down");
  ip("link set tap0 name other1");
  const LinkStatus link = port->link();
  EXPECT_TRUE(link.is_present);
  EXPECT_EQ(link.interface, "other1");
  EXPECT_FALSE(link.is_up);
  EXPECT_TRUE(port->set_up(true));
  EXPECT_TRUE(in_lab_is("other1")->is_up);
}

TEST_F(TapPortTest, MovedTapIsStillFound) {
  const TapOptions options = in_ours();
  auto port = open(options);
  ASSERT_TRUE(port);
  ASSERT_EQ(test::shell("ip link set " + options.interface + " netns " + lab_->name()), 0);
  EXPECT_TRUE(port->link().is_present);
  EXPECT_FALSE(port->link().is_up);  // a move takes it down
  EXPECT_TRUE(port->set_up(true));
  EXPECT_TRUE(in_lab_is(options.interface)->is_up);
  EXPECT_TRUE(port->link().is_up);

  RawStation station(*lab_, options.interface);
  FrameBuffer buffer;
  test::fill(buffer, FrameBuilder().build());
  EXPECT_EQ(port->send(buffer), SendStatus::sent);
  EXPECT_TRUE(station.receive());
}

}  // namespace tap_port_test
}  // namespace tapswitch
