// SPDX-License-Identifier: Apache-2.0
// veth_port_fixture.hpp: holds what the tests of VethPort share: a namespace for the switch and one
// for the far end. All that a test does to a port it does in the first.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "switch/ports/veth/veth_port.hpp"
#include "switch/system/route_socket.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {

class VethPortTest : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    home_.emplace("home");
    away_.emplace("away");
    // IPv6 would send frames by itself.
    ASSERT_EQ(test::shell("ip netns exec " + away_->name() +
                          " sysctl -qw net.ipv6.conf.all.disable_ipv6=1"
                          " net.ipv6.conf.default.disable_ipv6=1"),
              0);
  }

  void at_home(const std::function<void()>& work) const { home_->run(work); }

  [[nodiscard]] VethOptions options(const std::string& port = "alice") const {
    VethOptions options;
    options.interface = "eth0";
    options.name_space = away_->ref();
    options.port = port;
    return options;
  }

  // Opens it; the test has failed if that is refused.
  [[nodiscard]] static std::unique_ptr<VethPort> open(const VethOptions& options) {
    auto port = VethPort::open(options);
    if (!port) {
      ADD_FAILURE() << port.error().message();
      return nullptr;
    }
    return std::move(*port);
  }

  // Returns what the kernel says of an interface where the switch is, or the far end; nullopt if
  // there is none.
  [[nodiscard]] std::optional<InterfaceInfo> near_is(const std::string& name = "tsw-alice") const {
    return look_up(*home_, name);
  }
  [[nodiscard]] std::optional<InterfaceInfo> far_is(const std::string& name = "eth0") const {
    return look_up(*away_, name);
  }

  // "ip 'command'" where the switch is, or the far end.
  void ip_near(const std::string& command) const { ip(*home_, command); }
  void ip_far(const std::string& command) const { ip(*away_, command); }

  std::optional<test::TemporaryNamespace> home_;
  std::optional<test::TemporaryNamespace> away_;

 private:
  static std::optional<InterfaceInfo> look_up(const test::TemporaryNamespace& where,
                                              const std::string& name) {
    std::optional<InterfaceInfo> info;
    where.run([&] {
      if (auto found = RouteSocket::open().value().find(name)) {
        info = std::move(*found);
      }
    });
    return info;
  }
  static void ip(const test::TemporaryNamespace& where, const std::string& command) {
    ASSERT_EQ(test::shell("ip -n " + where.name() + " " + command), 0);
  }
};

}  // namespace tapswitch
