// SPDX-License-Identifier: Apache-2.0
// cutting_kernel.hpp: a bridge of the kernel in a namespace, as a judge of what we cut: a
// super-frame goes in through a TAP with a virtio-net header, and leaves by a TAP without, for
// which the kernel must cut it.
#pragma once

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/offload.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/support/root.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/temporary_namespace.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch {

// From 'least' to 'most'.
inline std::size_t draw(std::mt19937& random, std::size_t least, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

class CuttingKernel : public testing::Test {
 protected:
  using Bytes = std::vector<std::byte>;
  using Random = std::mt19937;

  // The header of the sender has 'header_size' bytes.
  void make_bridge(int header_size = offload_header_size) {
    lab_.emplace("cut");
    const std::string inside = "ip netns exec " + lab_->name() + " ";
    // IPv6 would send frames by itself, and netfilter judges the IP header as bridges do not. A
    // kernel may be without them.
    ASSERT_EQ(test::shell(inside + "sysctl -qew net.ipv6.conf.default.disable_ipv6=1 " +
                          "net.bridge.bridge-nf-call-iptables=0 "
                          "net.bridge.bridge-nf-call-ip6tables=0"),
              0);
    ip("link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
    sender_ = attach("sender", IFF_VNET_HDR, header_size);
    receiver_ = attach("receiver", 0);
    ASSERT_TRUE(sender_.is_open() && receiver_.is_open());
  }

  // A TAP in the namespace; with IFF_VNET_HDR among the flags it has a header of that size.
  [[nodiscard]] UniqueFd attach(const std::string& name, int flags,
                                int header_size = offload_header_size) const {
    UniqueFd fd;
    lab_->run([&] {
      fd.reset(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
      ifreq request{};
      request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | flags);
      std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
      const int little_endian = 1;
      if (::ioctl(fd.get(), TUNSETIFF, &request) != 0 ||
          ((flags & IFF_VNET_HDR) != 0 && (::ioctl(fd.get(), TUNSETVNETHDRSZ, &header_size) != 0 ||
                                           ::ioctl(fd.get(), TUNSETVNETLE, &little_endian) != 0))) {
        fd.reset();
      }
    });
    return fd;
  }

  // Has the bridge carry frames between these TAPs.
  void join(const std::vector<std::string>& taps) const {
    for (const std::string& tap : taps) {
      ip("link set " + tap + " txqueuelen 5000 mtu 65500 master bridge up");
    }
    ip("link set bridge up");
    ASSERT_TRUE(test::wait_until([&] { return forwarding_ports() == taps.size(); }));
  }

  void ip(const std::string& command) const {
    ASSERT_EQ(test::shell("ip -n " + lab_->name() + " " + command), 0);
  }

  // 0, or the errno.
  [[nodiscard]] int send(std::span<std::byte> header, Bytes frame) const {
    const std::array<iovec, 2> parts = {iovec{header.data(), header.size()},
                                        iovec{frame.data(), frame.size()}};
    return ::writev(sender_.get(), parts.data(), parts.size()) >= 0 ? 0 : errno;
  }

  [[nodiscard]] static std::optional<Bytes> read_from(const UniqueFd& fd) {
    static Bytes space(70'000);
    const ssize_t size = ::read(fd.get(), space.data(), space.size());
    return size < 0 ? std::nullopt : std::optional(Bytes(space.begin(), space.begin() + size));
  }

  // Until 'count' frames have come, or none has for long.
  [[nodiscard]] std::vector<Bytes> what_the_kernel_cut(std::size_t count) const {
    std::vector<Bytes> frames;
    while (frames.size() < count && test::wait_until_readable(receiver_.get())) {
      frames.push_back(read_from(receiver_).value());
    }
    while (auto surplus = read_from(receiver_)) {
      frames.push_back(*surplus);
    }
    return frames;
  }

  std::optional<test::TemporaryNamespace> lab_;
  UniqueFd sender_;
  UniqueFd receiver_;

 private:
  [[nodiscard]] std::size_t forwarding_ports() const {
    const std::string links = test::shell_output("bridge -n " + lab_->name() + " link");
    std::size_t count = 0;
    for (auto at = links.find("state forwarding"); at != std::string::npos;
         at = links.find("state forwarding", at + 1)) {
      ++count;
    }
    return count;
  }
};

}  // namespace tapswitch
