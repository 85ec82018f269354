// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/system_calls.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/support/root.hpp"
#include "tests/tapswitchd/in_child.hpp"

namespace tapswitch::daemon {
namespace system_calls_test {

using test::in_child;

// errno of 'call' after the filter is there; 0 if it succeeds.
template <typename Call>
int confined(const Call& call) {
  return in_child([&call] {
    refuse_other_system_calls();
    errno = 0;
    return call() < 0 ? errno : 0;
  });
}

TEST(SystemCalls, NoProgramIsExecuted) {
  EXPECT_EQ(confined([] { return execl("/bin/true", "true", nullptr); }), EPERM);
}

TEST(SystemCalls, NoProcessIsStarted) {
  EXPECT_EQ(confined([] { return fork(); }), EPERM);
}

TEST(SystemCalls, ThreadsAreStarted) {
  EXPECT_EQ(confined([] {
              std::thread([] {}).join();
              return 0;
            }),
            0);
}

TEST(SystemCalls, OfTheNetworkThereAreStreamsAlone) {
  EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }), 0);
  // EACCES goes by without complaint, for libpcap asks.
  EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_DGRAM, 0); }), EACCES);
  EXPECT_EQ(confined([] { return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0); }), EACCES);
  EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }), EPERM);
  EXPECT_EQ(confined([] { return socket(AF_PACKET, SOCK_DGRAM, 0); }), EPERM);
  EXPECT_EQ(confined([] { return socket(AF_UNIX, SOCK_STREAM, 0); }), 0);
  EXPECT_EQ(confined([] { return socket(AF_NETLINK, SOCK_RAW, 0); }), 0);
}

TEST(SystemCalls, InterfacesAreJoined) {
  TAPSWITCH_REQUIRES_ROOT();
  EXPECT_EQ(confined([] { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }),
            0);
  EXPECT_EQ(confined([] {
              ifreq request{};
              return ioctl(socket(AF_PACKET, SOCK_RAW, 0), SIOCGIFNAME, &request);
            }),
            ENODEV);
}

TEST(SystemCalls, NoMemoryIsExecuted) {
  const auto map = [](int protection) {
    return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1
                                                                                             : 0;
  };
  EXPECT_EQ(confined([&] { return map(PROT_READ | PROT_EXEC); }), EPERM);
  EXPECT_EQ(confined([&] { return map(PROT_READ | PROT_WRITE); }), 0);
}

TEST(SystemCalls, NetworkNamespacesAreEnteredAndNoOthers) {
  TAPSWITCH_REQUIRES_ROOT();
  const auto enter = [](const char* name_space, int flags) {
    return confined([=] { return setns(open(name_space, O_RDONLY), flags); });
  };
  EXPECT_EQ(enter("/proc/self/ns/net", CLONE_NEWNET), 0);
  EXPECT_EQ(enter("/proc/self/ns/net", 0), EPERM);
  EXPECT_EQ(enter("/proc/self/ns/mnt", 0), EPERM);
  EXPECT_EQ(enter("/proc/self/ns/mnt", CLONE_NEWNS), EPERM);
  EXPECT_EQ(enter("/proc/self/ns/mnt", CLONE_NEWNET), EINVAL);
}

TEST(SystemCalls, DirectoriesAreRemoved) {
  EXPECT_EQ(confined([] { return rmdir("/nowhere/at/all"); }), ENOENT);
}

TEST(SystemCalls, NoOtherProcessIsLookedInto) {
  EXPECT_EQ(confined([] { return static_cast<int>(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }),
            EPERM);
}

TEST(SystemCalls, TapsAreAskedAndTerminalsAreNot) {
  // No TAP is there, so the kernel says otherwise than the filter.
  EXPECT_EQ(confined([] {
              ifreq request{};
              return ioctl(open("/dev/null", O_RDWR), TUNSETIFF, &request);
            }),
            ENOTTY);
  EXPECT_EQ(confined([] { return ioctl(0, TIOCSTI, "x"); }), EPERM);
}

}  // namespace system_calls_test
}  // namespace tapswitch::daemon
