// SPDX-License-Identifier: Apache-2.0
#include "control/lab/sysctl.hpp"

#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace sysctl_test {

TEST(Sysctl, DotsAndSlashesAreThoseOfSysctl8) {
  EXPECT_EQ(sysctl_path("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(sysctl_path("net/ipv4/conf/eth0.10/rp_filter"), "net/ipv4/conf/eth0.10/rp_filter");
  EXPECT_EQ(sysctl_path("net.ipv4.conf.eth0/10.rp_filter"), "net/ipv4/conf/eth0.10/rp_filter");
}

TEST(Sysctl, OnlyThoseOfNamespacesAndBelowProcSys) {
  EXPECT_TRUE(is_sysctl_name("net.ipv4.ip_forward"));
  EXPECT_TRUE(is_sysctl_name("net/ipv4/conf/eth0.10/rp_filter"));
  for (const char* name : {"kernel.hostname", "net", "net.", "net.ipv4.", "net/../kernel/hostname",
                           "net.//.kernel", "net..x", "net.a b", ""}) {
    EXPECT_FALSE(is_sysctl_name(name)) << name;
  }
}

}  // namespace sysctl_test
}  // namespace tapswitch::lab
