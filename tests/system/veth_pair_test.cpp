// SPDX-License-Identifier: Apache-2.0
#include "switch/system/veth_pair.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/root.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace veth_pair_test {

class VethPair : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
    away_.emplace("away");
  }

  [[nodiscard]] KernelResult<void> make(RouteSocket& routes, const std::string& name,
                                        const std::string& peer) const {
    const auto target = away_->ref().open();
    return create_veth_pair(
        routes,
        {.name = name, .mtu = 9000, .group = 4711, .peer = peer, .name_space = target->get()});
  }

  std::optional<test::TemporaryNamespace> home_;
  std::optional<test::TemporaryNamespace> away_;
};

TEST_F(VethPair, EachEndKnowsTheOther) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    ASSERT_TRUE(make(routes, "near", "far"));
    const InterfaceInfo near = routes.find("near").value();
    EXPECT_EQ(near.mtu, 9000U);
    EXPECT_EQ(near.group, 4711U);
    ASSERT_TRUE(near.veth && near.veth->name_space);
    const InterfaceInfo far = routes.find(near.veth->peer, near.veth->name_space).value();
    EXPECT_EQ(far.name, "far");
    EXPECT_EQ(far.mtu, 1500U);
    ASSERT_TRUE(far.veth);
    EXPECT_EQ(far.veth->peer, near.index);
    const auto away = away_->ref().open();
    EXPECT_EQ(routes.find_namespace_number(away->get()).value(), near.veth->name_space);
  });
}

TEST_F(VethPair, NumberIsTheKernelsAndANameIsTakenOnce) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    ASSERT_TRUE(make(routes, "n%d", "far0"));
    ASSERT_TRUE(make(routes, "n%d", "far1"));
    EXPECT_TRUE(routes.find("n1"));
    const auto near = make(routes, "n1", "far2");
    const auto far = make(routes, "n2", "far1");
    ASSERT_TRUE(near.has_error() && far.has_error());
    EXPECT_EQ(near.error().number, EEXIST);
    EXPECT_EQ(far.error().number, EEXIST);
    EXPECT_FALSE(routes.find("n2"));
  });
}

TEST_F(VethPair, BothEndsGoTogether) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    ASSERT_TRUE(make(routes, "near", "far"));
    ASSERT_TRUE(delete_interface(routes, routes.find("near").value().index));
    EXPECT_FALSE(routes.find("near"));
  });
  away_->run([&] { EXPECT_FALSE(RouteSocket::open().value().find("far")); });
}

TEST_F(VethPair, GroupGoesAtOnceAndNoOther) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    for (const char* each : {"1", "2", "3"}) {
      ASSERT_TRUE(make(routes, std::string("near") + each, std::string("far") + each));
    }
    ASSERT_TRUE(routes.change(routes.find("near2").value().index, {.group = 4712}));
    std::vector<InterfaceInfo> found = find_veths(routes).value();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_TRUE(found.front().veth && found.front().veth->name_space);
    ASSERT_TRUE(delete_group(routes, 4711));
    found = find_veths(routes).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().name, "near2");
    EXPECT_EQ(delete_group(routes, 4711).error().number, ENODEV);
  });
  away_->run([&] {
    auto routes = RouteSocket::open().value();
    EXPECT_EQ(find_veths(routes).value().size(), 1U);
  });
}

TEST_F(VethPair, AddressComesBackToAnEndThatHasAnotherIndexNow) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    ASSERT_TRUE(make(routes, "near", "far"));
    ASSERT_TRUE(make(routes, "near1", "far1"));
    const int before = routes.find("near").value().index;
    const int now = routes.find("near1").value().index;
    const auto address = InterfaceAddress::parse("10.0.0.1/24").value();
    ASSERT_TRUE(routes.add_address(before, address));
    const auto saved = routes.save_addresses(before).value();
    ASSERT_EQ(saved.size(), 1U);
    ASSERT_TRUE(routes.remove_address(before, address));
    ASSERT_TRUE(routes.restore_address(now, saved.front()));
    EXPECT_TRUE(routes.addresses(before)->empty());
    EXPECT_EQ(routes.addresses(now).value(), std::vector{address});
  });
}

TEST_F(VethPair, NameGroupAndAliasOfAnEndChange) {
  home_->run([&] {
    auto routes = RouteSocket::open().value();
    ASSERT_TRUE(make(routes, "near", "far"));
    const int index = routes.find("near").value().index;
    ASSERT_TRUE(routes.change(index, {.group = 1, .alias = "whose it is", .arp = false}));
    InterfaceInfo info = routes.find(index).value();
    EXPECT_EQ(info.group, 1U);
    EXPECT_EQ(info.alias, "whose it is");
    EXPECT_FALSE(info.arp);
    EXPECT_TRUE(info.multicast);
    ASSERT_TRUE(routes.change(index, {.alias = "", .arp = true, .multicast = false}));
    info = routes.find(index).value();
    EXPECT_EQ(info.alias, "");
    EXPECT_TRUE(info.arp);
    EXPECT_FALSE(info.multicast);
  });
}

}  // namespace veth_pair_test
}  // namespace tapswitch
