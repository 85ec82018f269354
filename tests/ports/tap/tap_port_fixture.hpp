// SPDX-License-Identifier: Apache-2.0
// tap_port_fixture.hpp: holds what the tests of TapPort share: a namespace of their own, and names.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "switch/ports/tap/tap_port.hpp"
#include "switch/system/route_socket.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {

class TapPortTest : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    lab_.emplace("tap");
  }

  // A TAP of that name in the test's namespace.
  [[nodiscard]] TapOptions in_lab(const std::string& interface = "tap0") const {
    TapOptions options;
    options.interface = interface;
    options.name_space = lab_->ref();
    return options;
  }

  // A TAP in the namespace of this process, with a name nobody else uses.
  [[nodiscard]] static TapOptions in_ours() {
    TapOptions options;
    options.interface = test::unique_interface_name();
    return options;
  }

  // Opens it; the test has failed if that is refused.
  [[nodiscard]] static std::unique_ptr<TapPort> open(const TapOptions& options) {
    auto port = TapPort::open(options);
    if (!port) {
      ADD_FAILURE() << port.error().message();
      return nullptr;
    }
    return std::move(*port);
  }

  // Returns what the kernel says about an interface in the test's namespace; nullopt if there is
  // none.
  [[nodiscard]] std::optional<InterfaceInfo> in_lab_is(const std::string& interface) const {
    std::optional<InterfaceInfo> info;
    lab_->run([&] { info = look_up(interface); });
    return info;
  }

  // The same in the namespace of this process.
  [[nodiscard]] static std::optional<InterfaceInfo> look_up(const std::string& interface) {
    auto found = RouteSocket::open().value().find(interface);
    return found ? std::optional(*found) : std::nullopt;
  }

  // The addresses of an interface in the test's namespace, without those the kernel gives itself.
  [[nodiscard]] std::vector<std::string> addresses_in_lab(const std::string& interface) const {
    std::vector<std::string> texts;
    lab_->run([&] {
      auto routes = RouteSocket::open().value();
      for (const auto& address : routes.addresses(routes.find(interface).value().index).value()) {
        if (!address.to_string().starts_with("fe80:")) {
          texts.push_back(address.to_string());
        }
      }
    });
    return texts;
  }

  // "ip 'command'" in the test's namespace.
  void ip(const std::string& command) const {
    ASSERT_EQ(test::shell("ip -n " + lab_->name() + " " + command), 0);
  }

  [[nodiscard]] static std::vector<InterfaceAddress> addresses(
      std::initializer_list<const char*> texts) {
    std::vector<InterfaceAddress> parsed;
    for (const char* text : texts) {
      parsed.push_back(InterfaceAddress::parse(text).value());
    }
    return parsed;
  }

  std::optional<test::TemporaryNamespace> lab_;
};

}  // namespace tapswitch
