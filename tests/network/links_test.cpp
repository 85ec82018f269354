// SPDX-License-Identifier: Apache-2.0
#include "control/network/links.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/network/link_stage.hpp"

namespace tapswitch::test {
namespace links_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;

class LinksTest : public LinkStage {
 protected:
  RunningSwitch& home_ = add_switch("sw0");
  RunningPort& a_ = add_port(home_, "a");
};

TEST_F(LinksTest, LinkThatGoesDownAndUpIsToldOnceEach) {
  subscribe({Topic::ports});
  LinkStatus down = a_.seen;
  down.is_up = false;
  const LinkStatus up = a_.seen;
  become(a_, down);
  become(a_, down);
  become(a_, up);
  EXPECT_EQ(heard(), (Told{"port down a", "port up a"}));
}

TEST_F(LinksTest, OtherMtuIsAChangeAndReachesTheSwitch) {
  subscribe({Topic::ports});
  LinkStatus now = a_.seen;
  now.mtu = 9000;
  become(a_, now);
  EXPECT_EQ(heard(), Told{"port changed a"});
  EXPECT_EQ(home_.engine->port_state(a_.index).mtu, 9000U);
}

TEST_F(LinksTest, PortWhoseDeviceIsGoneIsLostOnceAndForgetsItsStations) {
  home_.engine->fdb().learn({.vid = 1, .mac = MacAddress(0x0200'0000'000a)}, a_.index, 0,
                            std::chrono::steady_clock::now());
  subscribe({Topic::ports});
  become(a_, {});
  become(a_, {});
  EXPECT_TRUE(a_.is_lost);
  EXPECT_EQ(a_.state(a_.seen), "lost");
  EXPECT_EQ(home_.engine->fdb().size(), 0U);
  EXPECT_EQ(heard(), Told{"port lost a"});
}

TEST_F(LinksTest, PortThatIsRenamedLeavesItsNameToOthers) {
  claims_.take("a", a_.spec.far_end);
  const config::FarEnd before = a_.spec.far_end;
  LinkStatus now = a_.seen;
  now.interface = "other0";
  become(a_, now);
  EXPECT_NO_THROW(claims_.check(before));
  EXPECT_THROW(claims_.check(a_.spec.far_end), rpc::Error);
  EXPECT_EQ(changes_.revision(), 1U);
}

TEST_F(LinksTest, CarrierThatAnUnpluggedEndGivesItselfIsTakenAway) {
  a_.spec.has_carrier = false;
  a_.seen.has_carrier = false;
  subscribe({Topic::ports});
  links_.look_at(a_);
  EXPECT_EQ(plugs_of(a_), std::vector<bool>{false});
  EXPECT_FALSE(a_.seen.has_carrier);
  EXPECT_EQ(heard(), Told{});
}

TEST_F(LinksTest, FileThatIsMissingIsToldToTheOperatorOnce) {
  LinkStatus now = a_.seen;
  now.missing_file = "/run/a.sock";
  become(a_, now);
  become(a_, now);
  const Told told = notices();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("/run/a.sock"), std::string::npos);
}

TEST_F(LinksTest, GuestWhoseClientIsGoneIsSeenOut) {
  RunningPort& guest = add_port(home_, "a.1");
  guest.came_by = "a";
  EXPECT_FALSE(links_.poll_some());
  EXPECT_EQ(seen_out_, Told{});
  status_of(guest) = {};
  EXPECT_FALSE(links_.poll_some());
  EXPECT_EQ(seen_out_, Told{"a.1"});
  links_.on_port_news("sw0", guest.index);
  EXPECT_EQ(seen_out_, (Told{"a.1", "a.1"}));
}

TEST_F(LinksTest, WordOfAWorkerAboutAPortThatIsGoneIsNoMatter) {
  links_.on_port_news("sw1", a_.index);
  home_.port_names.clear();
  links_.on_port_news("sw0", a_.index);
  EXPECT_FALSE(a_.is_lost);
}

TEST_F(LinksTest, LookThatFailsForWantSaysNothingAndIsTriedAgain) {
  a_.link_key = LinkKey{.name_space = LinkKey::ours, .index = 7};
  const LinkStatus up = a_.seen;
  LinkStatus unseen;
  unseen.shortage = EMFILE;
  subscribe({Topic::ports});
  become(a_, unseen);
  EXPECT_FALSE(links_.poll_some());
  EXPECT_EQ(a_.state(a_.seen), "up");
  LinkReader reader;
  EXPECT_EQ(a_.state(a_.link(reader)), "up");
  EXPECT_TRUE(a_.link_key) << "it is heard of as before";
  EXPECT_EQ(heard(), Told{});
  status_of(a_) = up;
  status_of(a_).is_up = false;
  EXPECT_FALSE(links_.poll_some());
  EXPECT_EQ(heard(), Told{"port down a"});
  EXPECT_FALSE(a_.is_look_due);
}

TEST_F(LinksTest, NewPortThatCannotBeLookedAtIsRefused) {
  status_of(a_).shortage = ENFILE;
  EXPECT_THROW(links_.check_is_free(a_), rpc::Error);
  EXPECT_THROW(links_.watch(a_), rpc::Error);
}

TEST_F(LinksTest, PortThatIsOpenAnewAndCannotBeLookedAtIsLookedAtLater) {
  const LinkStatus up = a_.seen;
  become(a_, {});
  status_of(a_).shortage = EMFILE;
  links_.regain(a_);
  EXPECT_FALSE(a_.is_lost);
  subscribe({Topic::ports});
  status_of(a_) = up;
  EXPECT_FALSE(links_.poll_some());
  EXPECT_EQ(heard(), Told{"port up a"});
}

TEST_F(LinksTest, OtherEndOfAWireFollows) {
  RunningSwitch& wire = add_switch("w0", true);
  RunningPort& one = add_port(wire, "one");
  RunningPort& other = add_port(wire, "other");
  become(one, {});
  EXPECT_TRUE(other.is_held);
}

}  // namespace links_test
}  // namespace tapswitch::test
