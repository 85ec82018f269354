// SPDX-License-Identifier: Apache-2.0
#include "switch/system/link_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "switch/system/net_namespace.hpp"
#include "switch/system/veth_pair.hpp"
#include "tests/support/root.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace link_monitor_test {

class LinkMonitorTest : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    ours_.emplace("ours");
    other_.emplace("other");
  }

  // Changes the MTU of 'interface' in the namespace 'where', and returns what of it is heard.
  [[nodiscard]] static std::optional<LinkKey> heard_change(LinkMonitor& monitor, int where,
                                                           const std::string& interface) {
    (void)monitor.take();
    const auto done = run_in_thread(where, [&] {
      auto routes = RouteSocket::open().value();
      EXPECT_TRUE(routes.change(routes.find(interface).value().index, {.mtu = 1400}));
    });
    EXPECT_TRUE(done);
    const auto taken = monitor.take();
    const auto found = std::ranges::find_if(
        taken.notices, [](const auto& notice) { return notice.info.mtu == 1400; });
    return found == taken.notices.end() ? std::nullopt : std::optional(found->key);
  }

  std::optional<test::TemporaryNamespace> ours_;
  std::optional<test::TemporaryNamespace> other_;
};

TEST_F(LinkMonitorTest, NamespaceWithANumberForItselfIsHeardAsOurs) {
  ours_->run([&] {
    auto monitor = LinkMonitor::open().value();
    auto routes = RouteSocket::open().value();
    const auto home = open_current_net_namespace().value();
    for (const char* const name : {"before", "after"}) {
      ASSERT_TRUE(create_veth_pair(
          routes, {.name = name, .peer = std::string(name) + "-far", .name_space = home.get()}));
    }
    EXPECT_EQ(monitor.listen_to(home.get()), LinkKey::ours);
    const auto before = heard_change(monitor, home.get(), "before");
    ASSERT_TRUE(before);
    EXPECT_EQ(before->name_space, LinkKey::ours);
    ASSERT_TRUE(routes.give_namespace_number(home.get()).value());
    EXPECT_EQ(monitor.listen_to(home.get()), LinkKey::ours);
    const auto after = heard_change(monitor, home.get(), "after");
    ASSERT_TRUE(after);
    EXPECT_EQ(after->name_space, LinkKey::ours);
  });
}

TEST_F(LinkMonitorTest, OtherNamespaceIsHeardByTheNumberThatListeningGaveIt) {
  ours_->run([&] {
    auto monitor = LinkMonitor::open().value();
    auto routes = RouteSocket::open().value();
    const auto away = other_->ref().open().value();
    ASSERT_TRUE(
        create_veth_pair(routes, {.name = "near", .peer = "far", .name_space = away.get()}));
    const auto number = monitor.listen_to(away.get());
    ASSERT_TRUE(number);
    EXPECT_NE(number, LinkKey::ours);
    const auto heard = heard_change(monitor, away.get(), "far");
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->name_space, number);
  });
}

}  // namespace link_monitor_test
}  // namespace tapswitch
