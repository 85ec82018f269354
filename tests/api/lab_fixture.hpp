// SPDX-License-Identifier: Apache-2.0
// lab_fixture.hpp: a daemon whose ports lie in a namespace of their own, where nobody speaks unless
// the test does.
#pragma once

#include <algorithm>
#include <string>

#include "switch/frame/mac_address.hpp"
#include "tests/api/daemon_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/shell.hpp"

namespace tapswitch::test {

constexpr MacAddress alice{0x0200'0000'00aa};
constexpr MacAddress bob{0x0200'0000'00bb};
constexpr MacAddress broadcast{0xffff'ffff'ffff};
constexpr MacAddress group{0x0100'5e00'0001};

class LabFixture : public DaemonFixture {
 protected:
  void SetUp() override {
    DaemonFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) {
      return;
    }
    lab_.emplace("api");
    // Otherwise each interface that goes up sends frames of its own.
    ASSERT_EQ(
        shell("ip netns exec " + lab_->name() + " sysctl -qw net.ipv6.conf.default.disable_ipv6=1"),
        0);
  }

  // A port in the lab; its interface is called as it is.
  Json add_port(const std::string& name, Json more = Json::object()) {
    more["name"] = name;
    more["namespace"] = lab_->name();
    return call("port.add", more);
  }

  RawStation station_on(const std::string& port) { return RawStation(*lab_, port); }

  std::optional<TemporaryNamespace> lab_;
};

}  // namespace tapswitch::test
