// SPDX-License-Identifier: Apache-2.0
#include "switch/system/ingress_gate.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace ingress_gate_test {

// A host at one end of a veth, 'near', who has an address, and a station at the other.
class IngressGate : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
    away_.emplace("away");
    const std::string in_home = "ip -n " + home_->name() + " ";
    const std::string in_away = "ip -n " + away_->name() + " ";
    ASSERT_EQ(test::shell(in_home + "link add near type veth peer name far netns " + away_->name()),
              0);
    ASSERT_EQ(test::shell(in_home + "address add 10.9.9.1/24 dev near && " + in_home +
                          "link set near up && " + in_away + "address add 10.9.9.2/24 dev far && " +
                          in_away + "link set far up"),
              0);
  }

  [[nodiscard]] bool host_answers() const {
    return test::shell("ip netns exec " + away_->name() +
                       " ping -n -q -c 1 -W 1 10.9.9.1 > /dev/null") == 0;
  }
  [[nodiscard]] std::string places() const {
    return test::shell_output("tc -n " + home_->name() + " qdisc show dev near clsact");
  }
  // Runs 'work' with a socket where the host is, and the index of its end.
  template <class Work>
  void at_home(const Work& work) const {
    home_->run([&] {
      auto routes = RouteSocket::open().value();
      work(routes, routes.find("near").value().index);
    });
  }

  std::optional<test::TemporaryNamespace> home_;
  std::optional<test::TemporaryNamespace> away_;
};

TEST_F(IngressGate, HostHearsNothingWhileItIsShut) {
  ASSERT_TRUE(host_answers());
  bool has_made_place = false;
  at_home([&](RouteSocket& routes, int index) {
    const auto shut = shut_ingress(routes, index);
    ASSERT_TRUE(shut) << shut.error().message();
    has_made_place = shut->has_made_place;
    const auto again = shut_ingress(routes, index);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_FALSE(again->has_made_place);
  });
  EXPECT_TRUE(has_made_place);
  EXPECT_FALSE(host_answers());
  at_home([&](RouteSocket& routes, int index) {
    EXPECT_TRUE(open_ingress(routes, index, has_made_place));
  });
  EXPECT_TRUE(host_answers());
  EXPECT_EQ(places(), "");
}

TEST_F(IngressGate, PacketSocketHearsAllTheSame) {
  at_home([](RouteSocket& routes, int index) { ASSERT_TRUE(shut_ingress(routes, index)); });
  test::RawStation host(*home_, "near");
  test::RawStation station(*away_, "far");
  const auto frame = test::FrameBuilder().build();
  ASSERT_TRUE(station.send(frame));
  EXPECT_EQ(host.receive(), frame);
}

TEST_F(IngressGate, FiltersOfOthersAreAskedBefore) {
  ASSERT_EQ(test::shell("tc -n " + home_->name() + " qdisc add dev near clsact && tc -n " +
                        home_->name() +
                        " filter add dev near ingress pref 1 protocol all bpf da bytecode '1,6 0 0 "
                        "0'"),  // TC_ACT_OK
            0);
  at_home([](RouteSocket& routes, int index) {
    const auto shut = shut_ingress(routes, index);
    ASSERT_TRUE(shut);
    EXPECT_FALSE(shut->has_made_place);
  });
  EXPECT_TRUE(host_answers());
  at_home([](RouteSocket& routes, int index) { EXPECT_TRUE(open_ingress(routes, index, false)); });
  EXPECT_NE(places(), "") << "the place was another's";
}

}  // namespace ingress_gate_test
}  // namespace tapswitch
