// SPDX-License-Identifier: Apache-2.0
// interface_port_fixture.hpp: holds what the tests of InterfacePort share: a namespace of their own
// with a veth in it, 'port0' for the port and 'far0' for whoever is at the other end, quiet both.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "switch/ports/interface/interface_port.hpp"
#include "switch/system/route_socket.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {

using Bytes = std::vector<std::byte>;

class InterfacePortTest : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    lab_.emplace("if");
    // IPv6 would send frames by itself.
    ASSERT_EQ(test::shell("ip netns exec " + lab_->name() +
                          " sysctl -qw net.ipv6.conf.all.disable_ipv6=1"
                          " net.ipv6.conf.default.disable_ipv6=1"),
              0);
    make_veth();
  }

  void make_veth() const {
    ip("link add port0 type veth peer name far0");
    ip("link set far0 up");
    ip("link set port0 up");
    wait_until_up("port0");
    wait_until_up("far0");
  }

  // The kernel drops what is sent by an interface before its carrier has come about.
  void wait_until_up(const std::string& interface) const {
    ASSERT_TRUE(test::wait_until([&] {
      return ip_output("link show dev " + interface).find("state UP") != std::string::npos;
    }));
  }

  [[nodiscard]] InterfaceOptions in_lab(const std::string& interface = "port0") const {
    InterfaceOptions options;
    options.interface = interface;
    options.name_space = lab_->ref();
    return options;
  }

  // Opens it; the test has failed if that is refused.
  [[nodiscard]] static std::unique_ptr<InterfacePort> open(const InterfaceOptions& options) {
    auto port = InterfacePort::open(options);
    if (!port) {
      ADD_FAILURE() << port.error().message();
      return nullptr;
    }
    return std::move(*port);
  }

  // The next frame that comes in by the port. False if it says something else, or none comes.
  static bool receive(InterfacePort& port, FrameBuffer& buffer) {
    for (;;) {
      const ReceiveStatus status = port.receive(0, buffer);
      if (has_frame(status)) {
        return true;
      }
      if (status != ReceiveStatus::empty || !test::wait_until_readable(port.descriptor(0))) {
        return false;
      }
    }
  }

  static SendStatus send(InterfacePort& port, const Bytes& frame) {
    FrameBuffer buffer;
    test::fill(buffer, frame);
    return port.send(buffer);
  }

  [[nodiscard]] static Bytes bytes_of(const FrameBuffer& buffer) {
    return {buffer.head().begin(), buffer.head().end()};
  }

  // "ip 'command'" in the test's namespace.
  void ip(const std::string& command) const {
    ASSERT_EQ(test::shell("ip -n " + lab_->name() + " " + command), 0);
  }

  [[nodiscard]] std::string ip_output(const std::string& command) const {
    return test::shell_output("ip -n " + lab_->name() + " " + command);
  }

  std::optional<test::TemporaryNamespace> lab_;
};

}  // namespace tapswitch
