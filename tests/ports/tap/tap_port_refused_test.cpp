// SPDX-License-Identifier: Apache-2.0
// TapPort when it is refused: nothing is left behind, and the message says what is missing. What
// takes privileges or devices away is done in a child process, which reports the message.
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <tuple>

#include "tests/ports/tap/tap_port_fixture.hpp"

namespace tapswitch {
namespace tap_port_refused_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Opens a TAP in a child process that 'prepare' has made poorer. What went wrong, or "opened".
std::string message_of_child(const TapOptions& options, const std::function<bool()>& prepare) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return "no pipe";
  }
  const pid_t child = ::fork();
  if (child == 0) {
    std::string message = "opened";
    if (!prepare()) {
      message = "the child could not be prepared";
    } else if (const auto port = TapPort::open(options); !port) {
      message = port.error().message() + " missing=" + port.error().missing;
    }
    std::ignore = ::write(ends[1], message.data(), message.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string message;
  std::array<char, 4096> block{};
  ssize_t size = 0;
  while ((size = ::read(ends[0], block.data(), block.size())) > 0) {
    message.append(block.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return message;
}

bool drop_capability(unsigned capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) {
    return false;
  }
  data[capability / 32].effective &= ~(1U << capability % 32);
  data[capability / 32].permitted &= ~(1U << capability % 32);
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

// Gives this process an empty /dev/net.
bool hide_tun_device() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", "/dev/net", "tmpfs", 0, nullptr) == 0;
}

TEST_F(TapPortTest, NamesTheKernelWouldCutOrExpandAreRefused) {
  for (const char* name : {"sixteen-letters-", "tap%d", "a/b", ""}) {
    const auto port = TapPort::open(in_lab(name));
    ASSERT_FALSE(port) << name;
    EXPECT_EQ(port.error().number, EINVAL);
    EXPECT_THAT(port.error().message(), HasSubstr("its name "));
  }
}

TEST_F(TapPortTest, NamespaceThatIsNotThereIsNamed) {
  TapOptions options = in_lab();
  options.name_space = NetNamespaceRef("no-such-lab");
  const auto port = TapPort::open(options);
  ASSERT_FALSE(port);
  EXPECT_THAT(port.error().message(), HasSubstr("'no-such-lab'"));
}

TEST_F(TapPortTest, RefusedConfigurationLeavesNoTrace) {
  const auto expect_no_trace = [this](TapOptions options) {
    const std::string before = test::shell_output("ip -o link");
    options.persist = true;
    options.mtu = 10;
    auto port = TapPort::open(options);
    ASSERT_FALSE(port);
    EXPECT_THAT(port.error().message(),
                AllOf(HasSubstr("cannot set MTU 10 on TAP '" + options.interface + "'"),
                      HasSubstr("Invalid argument")));
    options.mtu.reset();
    options.mac = MacAddress(0x0100'0000'0001);  // a group address
    port = TapPort::open(options);
    ASSERT_FALSE(port);
    EXPECT_THAT(port.error().message(), HasSubstr("cannot set MAC address 01:00:00:00:00:01"));
    options.mac.reset();
    options.addresses = addresses({"10.0.0.1/24", "ff02::1/64"});
    port = TapPort::open(options);
    ASSERT_FALSE(port);
    EXPECT_THAT(port.error().message(), HasSubstr("cannot add address ff02::1/64 to TAP"));
    EXPECT_FALSE(in_lab_is(options.interface));
    EXPECT_FALSE(look_up(options.interface));
    // Nor under the name it has before it is moved.
    EXPECT_EQ(test::shell_output("ip -o link"), before);
  };
  // The test has a namespace where no other makes TAPs meanwhile.
  const test::TemporaryNamespace ours("ours");
  ours.run([&] {
    expect_no_trace(in_lab());
    expect_no_trace(in_ours());
  });
}

// The child of a process with threads may not start any under the thread sanitizer.
class TapPortInChildTest : public TapPortTest {};

TEST_F(TapPortInChildTest, WithoutCapabilityTheMessageNamesIt) {
  for (const TapOptions& options : {in_ours(), in_lab()}) {
    EXPECT_THAT(
        message_of_child(options, [] { return drop_capability(CAP_NET_ADMIN); }),
        AllOf(HasSubstr("cannot open TAP '" + options.interface + "'"),
              HasSubstr("Operation not permitted (needs CAP_NET_ADMIN: "), HasSubstr("setcap "),
              HasSubstr("unshare -Urn"), HasSubstr("missing=CAP_NET_ADMIN")));
  }
}

TEST_F(TapPortInChildTest, WithoutTheCapabilityToEnterNamespacesTheMessageNamesThat) {
  EXPECT_THAT(
      message_of_child(in_lab(), [] { return drop_capability(CAP_SYS_ADMIN); }),
      AllOf(HasSubstr("needs CAP_SYS_ADMIN: "), HasSubstr("setcap cap_net_admin,cap_sys_admin+ep"),
            HasSubstr("missing=CAP_SYS_ADMIN")));
  EXPECT_EQ(message_of_child(in_ours(), [] { return drop_capability(CAP_SYS_ADMIN); }), "opened");
}

TEST_F(TapPortInChildTest, WithoutTunDeviceTheMessageSaysHowToGetIt) {
  EXPECT_THAT(message_of_child(in_ours(), hide_tun_device),
              AllOf(HasSubstr("cannot open TAP '"), HasSubstr("/dev/net/tun"),
                    HasSubstr("modprobe tun"), HasSubstr("missing=/dev/net/tun")));
}

TEST_F(TapPortInChildTest, WithForbiddenTunDeviceTheMessageSaysWhoMayOpenIt) {
  EXPECT_THAT(message_of_child(in_ours(),
                               [] {
                                 return hide_tun_device() &&
                                        ::mknod("/dev/net/tun", S_IFCHR | 0600, makedev(10, 200)) ==
                                            0 &&
                                        ::setuid(65534) == 0;
                               }),
              AllOf(HasSubstr("Permission denied"), HasSubstr("mode 0600, owner root, group root"),
                    HasSubstr("chmod 0666 /dev/net/tun"), HasSubstr("missing=/dev/net/tun"),
                    Not(HasSubstr("CAP_"))));
}

TEST_F(TapPortInChildTest, OwnerOfAPersistentTapNeedsNoCapability) {
  const TapOptions options = in_ours();
  ASSERT_EQ(test::shell("ip tuntap add dev " + options.interface + " mode tap user 65534"), 0);
  ASSERT_EQ(test::shell("ip link set " + options.interface + " up"), 0);
  const auto become_nobody = [] {
    return hide_tun_device() && ::mknod("/dev/net/tun", S_IFCHR, makedev(10, 200)) == 0 &&
           ::chmod("/dev/net/tun", 0666) == 0 && ::setuid(65534) == 0;
  };
  EXPECT_EQ(message_of_child(options, become_nobody), "opened");
  TapOptions other = in_ours();
  EXPECT_THAT(message_of_child(other, become_nobody), HasSubstr("needs CAP_NET_ADMIN"));
  EXPECT_EQ(test::shell("ip link del " + options.interface), 0);
}

}  // namespace tap_port_refused_test
}  // namespace tapswitch
