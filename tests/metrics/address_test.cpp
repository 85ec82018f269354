// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tapswitch::metrics {
namespace address_test {

TcpAddress tcp(std::string_view text) { return std::get<TcpAddress>(parse_address(text)); }

TEST(MetricsAddress, NamesAnAddressAndAPort) {
  EXPECT_EQ(tcp("192.0.2.1:9100").host, "192.0.2.1");
  EXPECT_EQ(tcp("192.0.2.1:9100").port, 9100);
  EXPECT_EQ(tcp("[2001:db8::1]:80").host, "2001:db8::1");
  EXPECT_EQ(tcp("0.0.0.0:65535").port, 65535);
}

TEST(MetricsAddress, APortAloneIsForThisMachineAlone) { EXPECT_EQ(tcp(":9100").host, "127.0.0.1"); }

TEST(MetricsAddress, MayBeAPath) {
  EXPECT_EQ(std::get<UnixAddress>(parse_address("unix:/run/m.sock")).path, "/run/m.sock");
}

TEST(MetricsAddress, WhatIsNoAddressIsRefused) {
  for (const char* text : {"", ":", "9100", "unix:", "localhost:9100", "127.0.0.1",
                           "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
                           "::1:80", "[::1]", "[127.0.0.1]:80", "[]:80", "1.2.3:80"}) {
    EXPECT_THROW((void)parse_address(text), std::invalid_argument) << text;
  }
}

}  // namespace address_test
}  // namespace tapswitch::metrics
