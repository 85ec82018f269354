// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/veth/veth_port.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "switch/system/link_reader.hpp"
#include "tests/ports/veth/veth_port_fixture.hpp"

namespace tapswitch {
namespace veth_port_test {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST_F(VethPortTest, FramesCrossInBothDirections) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    test::RawStation station(*away_, "eth0");
    ASSERT_TRUE(test::wait_until([&] { return port->link().has_carrier; }));
    const auto frame = test::FrameBuilder().payload(100).build();
    ASSERT_TRUE(station.send(frame));
    FrameBuffer buffer;
    ASSERT_TRUE(test::wait_until([&] { return has_frame(port->receive(0, buffer)); }));
    EXPECT_EQ(std::vector(buffer.head().begin(), buffer.head().end()), frame);
    test::fill(buffer, frame);
    EXPECT_EQ(port->send(buffer), SendStatus::sent);
    EXPECT_EQ(station.receive(), frame);
  });
}

TEST_F(VethPortTest, FrameThatTheFarEndWouldNotTakeIsTooLong) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    test::RawStation station(*away_, "eth0");
    ASSERT_TRUE(test::wait_until([&] { return port->link().has_carrier; }));
    const auto send = [&](std::size_t payload) {
      FrameBuffer buffer;
      test::fill(buffer, test::FrameBuilder()
                             .tag({.type = TagType::service, .vid = 10})
                             .tag({.vid = 20})
                             .payload(payload)
                             .build());
      return port->send(buffer);
    };
    EXPECT_EQ(send(1496), SendStatus::sent);
    EXPECT_EQ(send(1497), SendStatus::too_long);
    ASSERT_TRUE(port->set_mtu(1504));
    EXPECT_EQ(port->link().mtu, 1504U);
    EXPECT_EQ(send(1500), SendStatus::sent);
  });
}

TEST_F(VethPortTest, PairIsMadeAsTheOptionsSayAndGoesWithThePort) {
  at_home([&] {
    VethOptions wanted = options();
    wanted.mac = MacAddress(0x0200'0000'0001);
    wanted.mtu = 9000;
    wanted.addresses = {InterfaceAddress::parse("10.0.0.1/24").value()};
    auto port = open(wanted);
    ASSERT_TRUE(port);
    EXPECT_TRUE(port->was_created());
    const auto far = far_is();
    ASSERT_TRUE(far);
    EXPECT_EQ(far->mac, wanted.mac);
    EXPECT_EQ(far->mtu, 9000U);
    EXPECT_TRUE(far->is_up);
    const LinkStatus link = port->link();
    EXPECT_EQ(link.interface, "eth0");
    EXPECT_EQ(link.index, far->index);
    EXPECT_EQ(link.mtu, 9000U);
    EXPECT_TRUE(link.is_present && link.is_up && link.has_carrier);
    port.reset();
    EXPECT_FALSE(far_is());
    EXPECT_FALSE(near_is());
  });
}

TEST_F(VethPortTest, PersistentPairStaysAndIsAdopted) {
  at_home([&] {
    VethOptions wanted = options();
    wanted.persist = true;
    auto port = open(wanted);
    ASSERT_TRUE(port);
    port.reset();
    ASSERT_TRUE(far_is());
    port = open(options());
    ASSERT_TRUE(port);
    EXPECT_FALSE(port->was_created());
    EXPECT_EQ(port->is_persistent(), true);
    ASSERT_TRUE(port->set_persist(false));
    port.reset();
    EXPECT_FALSE(far_is());
  });
}

TEST_F(VethPortTest, SuccessorsPairIsLeftAlone) {
  at_home([&] {
    auto port = open(options());
    ASSERT_TRUE(port);
    const auto inherit = [&] {
      return VethPort::inherit(
          PacketSocket::inherit(UniqueFd(::dup(port->near_socket().descriptor())),
                                port->near_socket().offloads()),
          options(), true, port->quiet());
    };
    inherit().reset();
    ASSERT_TRUE(far_is()) << "a successor that fails takes nothing with it";
    auto successor = inherit();
    port->leave_to_other(true);
    successor->leave_to_other(false);
    port.reset();
    ASSERT_TRUE(far_is());
    EXPECT_TRUE(successor->link().has_carrier);
    EXPECT_TRUE(successor->set_mtu(1400));
    EXPECT_EQ(far_is()->mtu, 1400U);
    successor.reset();
    EXPECT_FALSE(far_is());
  });
}

TEST_F(VethPortTest, PairThatAKilledProcessLeftIsAdoptedAndGoes) {
  at_home([&] {
    auto killed = open(options());
    ASSERT_TRUE(killed);
    killed->leave_to_other(true);
    killed.reset();
    ASSERT_TRUE(near_is());
    auto port = open(options());
    ASSERT_TRUE(port);
    EXPECT_EQ(port->is_persistent(), false);
    port.reset();
    EXPECT_FALSE(near_is());
  });
}

TEST_F(VethPortTest, PairThatHasAPortIsRefused) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    const auto second = VethPort::open(options("bob"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().number, EBUSY);
    EXPECT_THAT(second.error().message(), HasSubstr("has its other end 'tsw-alice' open"));
  });
}

TEST_F(VethPortTest, AdoptedPairIsPutBackAsItWas) {
  ip_near("link add mine type veth peer name eth0 netns " + away_->name());
  ip_near("link set mine mtu 1450 addrgenmode none up");
  ip_near("address add fe80::77/64 dev mine nodad");
  const auto near = near_is("mine");
  const auto far = far_is();
  at_home([&] {
    VethOptions wanted = options();
    wanted.mtu = 1300;
    wanted.mac = MacAddress(0x0200'0000'0001);
    wanted.addresses = {InterfaceAddress::parse("10.0.0.1/24").value()};
    auto port = open(wanted);
    ASSERT_TRUE(port);
    EXPECT_EQ(near_is("mine")->mtu, near_end_mtu);
    EXPECT_TRUE(port->put_back());
  });
  const auto near_now = near_is("mine");
  const auto far_now = far_is();
  ASSERT_TRUE(near_now && far_now);
  EXPECT_EQ(near_now->mtu, 1450U);
  EXPECT_EQ(near_now->is_up, near->is_up);
  EXPECT_EQ(near_now->alias, "");
  EXPECT_EQ(near_now->arp, near->arp);
  EXPECT_EQ(near_now->multicast, near->multicast);
  at_home([&] {
    const auto addresses = RouteSocket::open().value().addresses(near_now->index);
    ASSERT_TRUE(addresses);
    EXPECT_THAT(*addresses, Contains(InterfaceAddress::parse("fe80::77/64").value()));
  });
  EXPECT_EQ(near_now->address_mode, near->address_mode);
  EXPECT_EQ(far_now->mtu, far->mtu);
  EXPECT_EQ(far_now->mac, far->mac);
  EXPECT_EQ(far_now->is_up, far->is_up);
  EXPECT_EQ(test::shell_output("tc -n " + home_->name() + " qdisc show dev mine clsact"), "");
}

TEST_F(VethPortTest, AdoptedPairThatWasSilentIsPutBackSilent) {
  ip_near("link add mine type veth peer name eth0 netns " + away_->name());
  ip_near("link set mine arp off multicast off");
  at_home([&] {
    auto port = open(options());
    ASSERT_TRUE(port);
    EXPECT_TRUE(port->put_back());
  });
  const auto near = near_is("mine");
  ASSERT_TRUE(near);
  EXPECT_FALSE(near->arp);
  EXPECT_FALSE(near->multicast);
}

TEST_F(VethPortTest, UnpluggedFarEndHasNoCarrierWhateverItDoes) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    ASSERT_TRUE(port->set_carrier(false));
    ip_far("link set eth0 down");
    ip_far("link set eth0 up");
    EXPECT_FALSE(far_is()->has_carrier);
    const LinkStatus link = port->link();
    EXPECT_TRUE(link.is_present && link.is_up);
    EXPECT_FALSE(link.has_carrier);
    ASSERT_TRUE(port->set_carrier(true));
    EXPECT_TRUE(port->link().has_carrier);
  });
}

TEST_F(VethPortTest, FarEndIsFollowedUnderAnotherNameAndInAnotherNamespace) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    ip_far("link set eth0 down");
    ip_far("link set eth0 name eth7");
    ASSERT_TRUE(port->set_mtu(1400));
    EXPECT_EQ(far_is("eth7")->mtu, 1400U);
    const test::TemporaryNamespace elsewhere;
    ip_far("link set eth7 netns " + elsewhere.name() + " up");
    EXPECT_EQ(port->link().interface, "eth7");
    EXPECT_TRUE(port->link().is_present);
    const auto refused = port->set_mtu(1300);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("it was moved to a namespace"));
  });
}

TEST_F(VethPortTest, PortIsGoneWithItsNamespace) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    away_->remove();
    EXPECT_TRUE(test::wait_until([&] { return !port->near_index(); }));
    EXPECT_FALSE(port->link().is_present);
    const auto refused = port->set_mtu(1400);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().number, ENODEV);
  });
}

TEST_F(VethPortTest, RefusedOptionLeavesNothing) {
  at_home([&] {
    VethOptions wanted = options();
    wanted.addresses = {InterfaceAddress::parse("10.0.0.1/24").value(),
                        InterfaceAddress::parse("2001:db8::1/64").value()};  // there is no IPv6
    const auto refused = VethPort::open(wanted);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("2001:db8::1/64"));
    EXPECT_FALSE(far_is());
    EXPECT_FALSE(near_is());
  });
}

// Has no descriptor to be had beyond the first 'spare' while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t spare) {
    const UniqueFd first(::dup(0));
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few = {.rlim_cur = static_cast<rlim_t>(first.get()) + spare,
                        .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(VethPortTest, NothingIsLeftWhicheverDescriptorIsMissing) {
  at_home([&] {
    constexpr rlim_t most = 20;
    rlim_t spare = 0;
    for (; spare < most; ++spare) {
      const auto opened = [&] {
        const FewDescriptors few(spare);
        return VethPort::open(options());
      }();
      if (opened) {
        break;
      }
      EXPECT_EQ(opened.error().number, EMFILE) << opened.error().message();
      EXPECT_FALSE(near_is()) << "with " << spare;
      EXPECT_FALSE(far_is()) << "with " << spare;
    }
    EXPECT_GT(spare, 3U);
    EXPECT_LT(spare, most);
  });
}

TEST_F(VethPortTest, DropsOfTheFarEndAreTold) {
  at_home([&] {
    const auto port = open(options());
    ASSERT_TRUE(port);
    ASSERT_TRUE(test::wait_until([&] { return port->link().has_carrier; }));
    ASSERT_TRUE(port->set_mtu(600));
    FrameBuffer buffer;
    test::fill(buffer, test::FrameBuilder().payload(1000).build());
    // Nobody has looked since. The near end takes any length, and newer kernels tell at once what
    // the far end does not.
    EXPECT_NE(port->send(buffer), SendStatus::too_long);
    LinkReader reader;
    EXPECT_EQ(port->read_drops(reader, {}).egress, 1U);
  });
}

}  // namespace veth_port_test
}  // namespace tapswitch
