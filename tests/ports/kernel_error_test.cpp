// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/kernel_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>
#include <tuple>

namespace tapswitch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(KernelError, SaysWhatCouldNotBeDoneToWhatAndWhy) {
  EXPECT_EQ(kernel_error(EBUSY, "TUNSETIFF", "open", "TAP 'tap3'").message(),
            "cannot open TAP 'tap3': Device or resource busy");
}

TEST(KernelError, MissingPermissionNamesTheCapabilityAndHowToGrantIt) {
  const KernelError error =
      kernel_error(EPERM, "TUNSETIFF", "open", "TAP 'tap3' in namespace 'lab'");
  EXPECT_EQ(error.missing, "CAP_NET_ADMIN");
  EXPECT_THAT(
      error.message(),
      AllOf(StartsWith("cannot open TAP 'tap3' in namespace 'lab': Operation not permitted "
                       "(needs CAP_NET_ADMIN: "),
            HasSubstr("sudo"), HasSubstr("setcap cap_net_admin+ep /"), HasSubstr("unshare -Urn")));
}

TEST(KernelError, MissingTunDeviceSaysHowToGetIt) {
  const KernelError error = tun_device_error(ENOENT);
  EXPECT_EQ(error.missing, "/dev/net/tun");
  EXPECT_THAT(error.message(), AllOf(HasSubstr("modprobe tun"), HasSubstr("mknod")));
}

TEST(KernelError, ForbiddenTunDeviceSaysWhoMayOpenIt) {
  const KernelError error = tun_device_error(EACCES);
  EXPECT_EQ(error.missing, "/dev/net/tun");
  EXPECT_THAT(error.message(), AllOf(HasSubstr("permission"), HasSubstr("chmod")));
}

TEST(KernelError, NumbersHaveNames) {
  EXPECT_EQ(errno_name(EPERM), "EPERM");
  EXPECT_EQ(errno_name(EBADFD), "EBADFD");
  EXPECT_EQ(errno_name(4711), "errno 4711");
}

TEST(KernelError, ValueOfAFailedResultThrowsTheMessage) {
  const KernelResult<int> result = kernel_error(EBUSY, "TUNSETIFF", "open", "TAP 'tap3'");
  try {
    std::ignore = result.value();
    FAIL() << "did not throw";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EBUSY);
    EXPECT_THAT(error.what(), HasSubstr("cannot open TAP 'tap3'"));
  }
}

}  // namespace
}  // namespace tapswitch
