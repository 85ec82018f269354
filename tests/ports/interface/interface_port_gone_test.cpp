// SPDX-License-Identifier: Apache-2.0
// InterfacePort when it is refused, and when others take its interface down or away.
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <tuple>

#include "tests/ports/interface/interface_port_fixture.hpp"

namespace tapswitch {
namespace interface_port_gone_test {

using test::FrameBuilder;
using test::RawStation;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const InterfaceOptions& options) {
  const auto port = InterfacePort::open(options);
  return port ? "opened" : port.error().message();
}

TEST_F(InterfacePortTest, WhatIsNoEthernetInterfaceIsRefused) {
  EXPECT_THAT(refusal(in_lab("lo")),
              AllOf(HasSubstr("cannot open interface 'lo' in namespace"), HasSubstr("loopback")));
  EXPECT_THAT(refusal(in_lab("missing0")), HasSubstr("there is no interface of that name"));
  EXPECT_THAT(refusal(in_lab("sixteen-letters-")), HasSubstr("more than 15 characters"));
  EXPECT_THAT(refusal(in_lab("")), HasSubstr("its name is empty"));
  ip("tuntap add dev tun0 mode tun");
  EXPECT_THAT(refusal(in_lab("tun0")), HasSubstr("it carries no Ethernet frames"));
  InterfaceOptions nowhere = in_lab();
  nowhere.name_space = NetNamespaceRef("no-such-namespace");
  EXPECT_THAT(refusal(nowhere), HasSubstr("ip netns add no-such-namespace"));
}

TEST_F(InterfacePortTest, MissingCapabilityIsNamed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Already in the namespace, for to enter it takes another capability.
    const auto name_space = lab_->ref().open();
    std::string message = "the child could not be prepared";
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (name_space && ::setns(name_space->get(), CLONE_NEWNET) == 0 &&
        ::syscall(SYS_capset, &header, data.data()) == 0) {
      InterfaceOptions options;
      options.interface = "port0";
      const auto port = InterfacePort::open(options);
      message = port ? "opened" : port.error().message() + " missing=" + port.error().missing;
    }
    std::ignore = ::write(ends[1], message.data(), message.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::array<char, 4096> block{};
  const ssize_t size = ::read(ends[0], block.data(), block.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(block.data(), static_cast<std::size_t>(size)),
              AllOf(HasSubstr("cannot open interface 'port0'"), HasSubstr("needs CAP_NET_RAW"),
                    HasSubstr("cap_net_admin,cap_net_raw+ep"), HasSubstr("missing=CAP_NET_RAW")));
}

TEST_F(InterfacePortTest, InterfaceThatIsDownDropsAndComesBack) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link set port0 down");
  EXPECT_EQ(send(*port, FrameBuilder().build()), SendStatus::link_down);
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::empty);
  // Nothing is left that would wake a worker again and again.
  EXPECT_FALSE(test::wait_until_readable(port->descriptor(0), {}));
  EXPECT_TRUE(port->link().is_present);
  EXPECT_FALSE(port->link().is_up);

  ip("link set port0 up");
  wait_until_up("port0");
  RawStation station(*lab_, "far0");
  const auto frame = FrameBuilder().payload(99).build();
  EXPECT_EQ(send(*port, frame), SendStatus::sent);
  EXPECT_EQ(station.receive(), frame);
  ASSERT_TRUE(station.send(frame));
  ASSERT_TRUE(receive(*port, buffer));
  EXPECT_EQ(bytes_of(buffer), frame);
}

// The kernel announces that the interface goes down before it has taken it from the socket, and
// nothing afterwards: link() and send() know, and receive() does if it is asked late enough.
void expect_gone(InterfacePort& port) {
  FrameBuffer buffer;
  test::fill(buffer, FrameBuilder().build());
  EXPECT_EQ(port.send(buffer), SendStatus::gone);
  EXPECT_FALSE(port.link().is_present);
}

TEST_F(InterfacePortTest, DeletedInterfaceIsGone) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link del port0");
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::gone);
  expect_gone(*port);
  EXPECT_FALSE(test::wait_until_readable(port->descriptor(0), {}));
}

TEST_F(InterfacePortTest, InterfaceThatWasDownWhenItWasDeletedIsGone) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link set port0 down");
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::empty);
  ip("link del port0");
  expect_gone(*port);
}

TEST_F(InterfacePortTest, InterfaceThatIsMovedToAnotherNamespaceIsGone) {
  const test::TemporaryNamespace other("moved");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ip("link set port0 netns " + other.name());
  expect_gone(*port);
  InterfaceOptions there = in_lab();
  there.name_space = other.ref();
  EXPECT_TRUE(open(there)->link().is_present);
}

TEST_F(InterfacePortTest, AnotherInterfaceOfTheSameNameIsNotTakenForOursButCanBeOpened) {
  auto lost = open(in_lab());
  ASSERT_TRUE(lost);
  ip("link del port0");
  make_veth();
  expect_gone(*lost);
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->link().is_present);
  lost.reset();
  RawStation station(*lab_, "far0");
  EXPECT_EQ(send(*port, FrameBuilder().build()), SendStatus::sent);
  EXPECT_TRUE(station.receive());
}

TEST_F(InterfacePortTest, NamespaceLivesOnUntilThePortIsClosed) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  lab_->remove();
  EXPECT_TRUE(port->link().is_present);
}

}  // namespace interface_port_gone_test
}  // namespace tapswitch
