// SPDX-License-Identifier: Apache-2.0
// Asks the kernel itself what this switch takes for granted about TAPs: bare system calls,
// none of our code in between. If one of these fails on a new kernel, look there first.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "switch/system/unique_fd.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/raw_station.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"

namespace tapswitch {
namespace kernel_facts_test {

using test::FrameBuilder;
using test::RawStation;

class KernelFacts : public testing::Test {
 protected:
  void SetUp() override {
    TAPSWITCH_REQUIRES_ROOT();
    lab_.emplace("fact");
    lab_->run([&] { tap_ = attach("tap0"); });
    ASSERT_TRUE(tap_.is_open()) << std::strerror(errno);
  }

  // A TAP of that name in the namespace of the calling thread; errno tells if it is not open.
  static UniqueFd attach(const std::string& name, int flags = IFF_TAP | IFF_NO_PI) {
    UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    ifreq request{};
    request.ifr_flags = static_cast<short>(flags);
    std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name);
    return ::ioctl(fd.get(), TUNSETIFF, &request) == 0 ? std::move(fd) : UniqueFd();
  }

  void ip(const std::string& command) const {
    ASSERT_EQ(test::shell("ip -n " + lab_->name() + " " + command), 0);
  }

  // Up, and without the frames IPv6 sends by itself.
  void bring_up_quietly() const {
    ASSERT_EQ(test::shell("ip netns exec " + lab_->name() +
                          " sysctl -qw net.ipv6.conf.tap0.disable_ipv6=1"),
              0);
    ip("link set tap0 up");
  }

  // Returns what write() says about 'size' bytes: the size, or the negative errno.
  ssize_t write_bytes(std::size_t size) const {
    std::vector<std::byte> frame = FrameBuilder().payload(size).build();
    frame.resize(size);
    const ssize_t written = ::write(tap_.get(), frame.data(), frame.size());
    return written >= 0 ? written : -errno;
  }

  // Returns what read() says with room for 'size' bytes: the size, or the negative errno.
  ssize_t read_bytes(std::size_t size = 70'000) const {
    std::vector<std::byte> frame(size);
    const ssize_t got = ::read(tap_.get(), frame.data(), frame.size());
    return got >= 0 ? got : -errno;
  }

  std::optional<test::TemporaryNamespace> lab_;
  UniqueFd tap_;
};

TEST_F(KernelFacts, WriteWhileTheInterfaceIsDownIsEio) { EXPECT_EQ(write_bytes(60), -EIO); }

TEST_F(KernelFacts, ReadWhileTheInterfaceIsDownIsEagain) { EXPECT_EQ(read_bytes(), -EAGAIN); }

// By one bit the kernel tells that there is no packet information and that there is no filter.
TEST_F(KernelFacts, PacketInformationIsToldByABitOnlyWhileThereIsAFilter) {
  for (const bool has_information : {false, true}) {
    UniqueFd tap;
    lab_->run([&] { tap = attach("tap1", has_information ? IFF_TAP : IFF_TAP | IFF_NO_PI); });
    ASSERT_TRUE(tap.is_open()) << std::strerror(errno);
    ifreq request{};
    ASSERT_EQ(::ioctl(tap.get(), TUNGETIFF, &request), 0);
    EXPECT_NE(request.ifr_flags & IFF_NO_PI, 0);
    sock_filter pass_all = BPF_STMT(BPF_RET | BPF_K, ~0U);
    sock_fprog passing{.len = 1, .filter = &pass_all};
    ASSERT_EQ(::ioctl(tap.get(), TUNATTACHFILTER, &passing), 0);
    ASSERT_EQ(::ioctl(tap.get(), TUNGETIFF, &request), 0);
    EXPECT_EQ((request.ifr_flags & IFF_NO_PI) == 0, has_information);
  }
}

TEST_F(KernelFacts, WriteOfLessThanAHeaderIsEinval) {
  bring_up_quietly();
  EXPECT_EQ(write_bytes(0), -EINVAL);
  EXPECT_EQ(write_bytes(13), -EINVAL);
  EXPECT_EQ(write_bytes(14), 14);
}

TEST_F(KernelFacts, WriteBeyondTheMtuIsAccepted) {
  bring_up_quietly();
  EXPECT_EQ(write_bytes(1515), 1515);
  EXPECT_EQ(write_bytes(70'060), 70'060);
}

TEST_F(KernelFacts, WriteNeverSaysEagain) {
  bring_up_quietly();
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(write_bytes(60), 60);
  }
}

TEST_F(KernelFacts, FramesNobodyReadsAreDroppedByTheKernelBeyondItsQueue) {
  bring_up_quietly();
  RawStation station(*lab_, "tap0");
  const auto frame = FrameBuilder().build();
  int accepted = 0;
  for (int i = 0; i < 5001; ++i) {
    accepted += station.send(frame) ? 1 : 0;
  }
  int readable = 0;
  while (read_bytes() > 0) {
    ++readable;
  }
  EXPECT_GE(readable, 500);
  EXPECT_LE(readable, 1000);  // txqueuelen
  EXPECT_LT(readable, accepted);
}

TEST_F(KernelFacts, ReadIntoTooSmallABufferLosesTheRest) {
  bring_up_quietly();
  RawStation station(*lab_, "tap0");
  ASSERT_TRUE(station.send(FrameBuilder().payload(1000).build()));
  EXPECT_EQ(read_bytes(100), 100);
  EXPECT_EQ(read_bytes(), -EAGAIN);
}

TEST_F(KernelFacts, InterfaceThatComesUpSendsFramesByItself) {
  ip("link set tap0 up");
  EXPECT_TRUE(test::wait_until_readable(tap_.get()));
  EXPECT_GT(read_bytes(), 14);
}

TEST_F(KernelFacts, DeletedInterfaceIsEbadfdAndPollerr) {
  bring_up_quietly();
  ip("link del tap0");
  EXPECT_EQ(read_bytes(), -EBADFD);
  EXPECT_EQ(write_bytes(60), -EBADFD);
  pollfd entry{.fd = tap_.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&entry, 1, 0), 1);
  EXPECT_TRUE(entry.revents & POLLERR);
  ifreq request{};
  EXPECT_EQ(::ioctl(tap_.get(), TUNGETIFF, &request), -1);
  EXPECT_EQ(errno, EBADFD);
}

TEST_F(KernelFacts, SecondDescriptorOnTheSameTapIsEbusy) {
  lab_->run([] {
    EXPECT_FALSE(attach("tap0").is_open());
    EXPECT_EQ(errno, EBUSY);
  });
}

TEST_F(KernelFacts, NameOfSixteenCharactersIsCutToFifteen) {
  lab_->run([] {
    const UniqueFd tap = attach("sixteen-letters-");
    ASSERT_TRUE(tap.is_open());
    ifreq request{};
    ASSERT_EQ(::ioctl(tap.get(), TUNGETIFF, &request), 0);
    EXPECT_STREQ(request.ifr_name, "sixteen-letters");
  });
}

TEST_F(KernelFacts, PercentDInANameIsExpanded) {
  lab_->run([] {
    const UniqueFd tap = attach("port%d");
    ASSERT_TRUE(tap.is_open());
    ifreq request{};
    ASSERT_EQ(::ioctl(tap.get(), TUNGETIFF, &request), 0);
    EXPECT_STREQ(request.ifr_name, "port0");
  });
}

TEST_F(KernelFacts, InterfaceThatIsMovedGoesOnWorking) {
  const test::TemporaryNamespace other("moved");
  ip("link set tap0 netns " + other.name());
  ASSERT_EQ(test::shell("ip -n " + other.name() + " link set tap0 up"), 0);
  RawStation station(other, "tap0");
  const auto frame = FrameBuilder().build();
  ASSERT_EQ(::write(tap_.get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  EXPECT_EQ(station.receive(), frame);
}

TEST_F(KernelFacts, NamespaceTheDescriptorWasOpenedInLivesOn) {
  lab_->remove();
  EXPECT_EQ(read_bytes(), -EAGAIN);
  ifreq request{};
  EXPECT_EQ(::ioctl(tap_.get(), TUNGETIFF, &request), 0);
}

TEST_F(KernelFacts, NamespaceTheInterfaceWasMovedToTakesItAlong) {
  test::TemporaryNamespace other("moved");
  ip("link set tap0 netns " + other.name());
  other.remove();
  EXPECT_TRUE(test::wait_until([&] { return read_bytes() == -EBADFD; }));
}

TEST_F(KernelFacts, NamespaceOfTheInterfaceCanBeAskedOfTheDescriptor) {
  const UniqueFd found(::ioctl(tap_.get(), TUNGETDEVNETNS));
  ASSERT_TRUE(found.is_open()) << std::strerror(errno);
  EXPECT_EQ(net_namespace_id(found.get()), net_namespace_id(lab_->ref().open()->get()));
}

}  // namespace kernel_facts_test
}  // namespace tapswitch
