// SPDX-License-Identifier: Apache-2.0
// Tests what the kernel lists of interfaces while they change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "switch/system/route_socket.hpp"
#include "switch/system/veth_pair.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace route_listing_test {

using testing::SizeIs;

constexpr int listings = 100;

// A list that takes the kernel several messages, in a namespace where things come and go.
class RouteListing : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
  }

  // Calls 'list' while another runs the command line again and again.
  template <typename List>
  void list_while(const std::string& command, const List& list) {
    home_->run([&] {
      std::atomic<bool> is_over = false;
      std::thread other([&] {
        while (!is_over) {
          ASSERT_EQ(test::shell(command), 0);
        }
      });
      list();
      is_over = true;
      other.join();
    });
  }

  std::optional<test::TemporaryNamespace> home_;
};

TEST_F(RouteListing, AddressesAreThoseThatStay) {
  home_->run([] {
    ASSERT_EQ(test::shell("ip tuntap add crowd mode tap; ip tuntap add own mode tap; "
                          "ip address add 192.0.2.1/24 dev own; "
                          "for i in $(seq 4); do for j in $(seq 250); do "
                          "echo address add 10.1.$i.$j/32 dev crowd; done; done | ip -batch -"),
              0);
  });
  list_while(
      "for i in $(seq 50); do echo address add 10.2.0.1/32 dev crowd; "
      "echo address del 10.2.0.1/32 dev crowd; done | ip -batch -",
      [] {
        auto routes = RouteSocket::open().value();
        const int own = routes.find("own").value().index;
        for (int i = 0; i < listings; ++i) {
          const auto addresses = routes.addresses(own);
          ASSERT_TRUE(addresses) << addresses.error().message();
          ASSERT_THAT(*addresses, SizeIs(1));
        }
      });
}

TEST_F(RouteListing, VethsAreThoseThatStay) {
  home_->run([] {
    ASSERT_EQ(test::shell("for i in $(seq 100); do echo link add a$i type veth peer name b$i; "
                          "done | ip -batch -"),
              0);
  });
  list_while("ip link add c type veth peer name d; ip link del c", [] {
    auto routes = RouteSocket::open().value();
    for (int i = 0; i < listings; ++i) {
      const auto veths = find_veths(routes);
      ASSERT_TRUE(veths) << veths.error().message();
      ASSERT_GE(veths->size(), 200U);
    }
  });
}

}  // namespace route_listing_test
}  // namespace tapswitch
