// SPDX-License-Identifier: Apache-2.0
// bare_hub.cpp: the floor under every switch on TAPs: waits, reads a frame, writes it to every
// other TAP, and does nothing else.
//
//     bare_hub [--offload] [--confined] TAP...
//     bare_hub --interface [--confined] INTERFACE...    on packet sockets, as ports of that type
//
// Between two TAPs that is the least a userspace switch can cost; among many it is the least a
// flood can. With --offload super-frames and unfinished checksums cross it whole. With --confined
// it has a second thread and the daemon's filter of system calls, so that the kernel counts
// references to a descriptor and looks into the filter for each call: the least that tapswitchd can
// cost. It says "ready" when all are open, and ends with a signal.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "switch/ports/packet/packet_socket.hpp"
#include "switch/system/unique_fd.hpp"
#include "tests/bench/machine.hpp"
#include "tools/tapswitchd/system_calls.hpp"

namespace tapswitch::bench {
namespace {

// A super-frame of 64 KiB, its Ethernet header with two tags, and the header that goes before it.
constexpr std::size_t buffer_size = 65'536 + 22 + 10;
constexpr int reads_a_wake_up = 64;

// Linux 6.2 and later; <linux/if_tun.h> of Debian 12 does not name them.
constexpr unsigned long tun_f_uso = 0x20 | 0x40;

UniqueFd open_tap(std::string_view interface, bool has_offload) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags =
      static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | (has_offload ? IFF_VNET_HDR : 0));
  if (fd.get() < 0 || ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    fail("/dev/net/tun");
  }
  if (has_offload) {
    constexpr unsigned long tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    if (ioctl(fd.get(), TUNSETOFFLOAD, tso | tun_f_uso) != 0 &&
        ioctl(fd.get(), TUNSETOFFLOAD, tso) != 0) {
      fail("TUNSETOFFLOAD");
    }
  }
  return fd;
}

class Hub {
 public:
  // Makes a hub of descriptors that stay open.
  explicit Hub(std::vector<int> ports)
      : ports_(std::move(ports)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ports_[i], &event) != 0) {
        fail("epoll_ctl");
      }
    }
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 16> events{};
    for (;;) {
      const int count = epoll_wait(epoll_.get(), events.data(), int{events.size()}, -1);
      for (int i = 0; i < count; ++i) {
        empty(events[static_cast<std::size_t>(i)].data.u64);
      }
    }
  }

 private:
  void empty(std::size_t ingress) {
    for (int i = 0; i < reads_a_wake_up; ++i) {
      // Not the C library's, which in a process with threads does more.
      const ssize_t size = syscall(SYS_read, ports_[ingress], buffer_.data(), buffer_.size());
      if (size <= 0) {
        return;
      }
      for (std::size_t egress = 0; egress < ports_.size(); ++egress) {
        if (egress != ingress) {
          (void)syscall(SYS_write, ports_[egress], buffer_.data(), size);
        }
      }
    }
  }

  std::vector<int> ports_;
  UniqueFd epoll_;
  std::array<char, buffer_size> buffer_{};
};

// Whether 'option' is the next word, which is then taken off.
bool take(std::span<char*>& arguments, std::string_view option) {
  const bool is_next = !arguments.empty() && option == arguments[0];
  arguments = arguments.subspan(is_next ? 1 : 0);
  return is_next;
}

void run(std::span<char*> arguments) {
  const bool are_interfaces = take(arguments, "--interface");
  const bool has_offload = take(arguments, "--offload");
  const bool is_confined = take(arguments, "--confined");
  std::vector<UniqueFd> taps;
  std::vector<PacketSocket> sockets;
  std::vector<int> ports;
  for (const char* interface : arguments) {
    if (are_interfaces) {
      sockets.push_back(PacketSocket::open(static_cast<int>(if_nametoindex(interface))).value());
      ports.push_back(sockets.back().descriptor());
    } else {
      taps.push_back(open_tap(interface, has_offload));
      ports.push_back(taps.back().get());
    }
  }
  Hub hub(std::move(ports));
  if (is_confined) {
    std::thread(pause).detach();
    daemon::refuse_other_system_calls();
  }
  fmt::print("ready\n");
  std::fflush(stdout);
  hub.run();
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("bare_hub", argc, argv, tapswitch::bench::run);
}
