// SPDX-License-Identifier: Apache-2.0
#include "switch/system/kernel_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <thread>
#include <tuple>

#include "tests/support/root.hpp"

namespace tapswitch {
namespace kernel_error_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(KernelError, SaysWhatCouldNotBeDoneToWhatAndWhy) {
  EXPECT_EQ(kernel_error(EBUSY, "TUNSETIFF", "open", "TAP 'tap3'").message(),
            "cannot open TAP 'tap3': Device or resource busy");
}

// Runs 'work' in a thread that has exactly these capabilities, which must be among the present
// ones.
template <class Work>
void with_capabilities(std::uint32_t set, const Work& work) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    sets[0] = {.effective = set, .permitted = set, .inheritable = 0};
    ASSERT_EQ(::syscall(SYS_capset, &header, sets.data()), 0);
    work();
  }).join();
}

TEST(KernelError, RefusalInSpiteOfTheCapabilityIsNotItsLack) {
  TAPSWITCH_REQUIRES_ROOT();
  with_capabilities(1U << CAP_NET_ADMIN, [] {
    const KernelError error = kernel_error(EPERM, "TUNSETIFF", "open", "TAP 'tap3'");
    EXPECT_EQ(error.missing, "");
    EXPECT_THAT(error.message(), AllOf(HasSubstr("although it has CAP_NET_ADMIN"),
                                       HasSubstr("--no-seccomp"), Not(HasSubstr("sudo"))));
    const KernelError other = kernel_error(EPERM, "bind", "open", "eth0", "CAP_NET_RAW");
    EXPECT_EQ(other.missing, "CAP_NET_RAW");
  });
}

TEST(KernelError, MissingPermissionNamesTheCapabilityAndHowToGrantIt) {
  KernelError error;
  with_capabilities(0, [&] {
    error = kernel_error(EPERM, "TUNSETIFF", "open", "TAP 'tap3' in namespace 'lab'");
  });
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

}  // namespace kernel_error_test
}  // namespace tapswitch
