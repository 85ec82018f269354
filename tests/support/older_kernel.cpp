// SPDX-License-Identifier: Apache-2.0
// A library to be preloaded: makes the kernel look older than it is. OLDER_KERNEL_WITHOUT says what
// it lacks: 'uso' of TAPs (before Linux 6.2) and of packet sockets (before 6.4), 'tunnels' of TAPs
// (before 6.17), 'vnet_header' of TAPs, 'passrights' of Unix sockets (before 6.16), or 'tcx', links
// of programs to interfaces (before 6.6). A kernel without the first lacks the second too.
#include <dlfcn.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::uintptr_t uso_bits = 0x20 | 0x40;
constexpr std::uintptr_t tunnel_bits = 0x80 | 0x100;
constexpr int pass_rights = 83;       // SO_PASSRIGHTS
constexpr int vnet_header_size = 24;  // PACKET_VNET_HDR_SZ, by which USO is known to be there

bool lacks(std::string_view what) {
  const char* missing = std::getenv("OLDER_KERNEL_WITHOUT");
  return missing != nullptr && missing == what;
}

bool is_unknown_option(int level, int name) {
  const bool is_missing = (level == SOL_SOCKET && name == pass_rights && lacks("passrights")) ||
                          (level == SOL_PACKET && name == vnet_header_size && lacks("uso"));
  if (!is_missing) {
    return false;
  }
  errno = ENOPROTOOPT;
  return true;
}

template <typename Function>
Function real(Function /*ours*/, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  static const auto next = real(&setsockopt, "setsockopt");
  return is_unknown_option(level, name) ? -1 : next(fd, level, name, value, size);
}

extern "C" int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
  static const auto next = real(&getsockopt, "getsockopt");
  return is_unknown_option(level, name) ? -1 : next(fd, level, name, value, size);
}

// As many arguments are passed on as there may be.
extern "C" long syscall(long number, ...) noexcept {
  std::array<long, 6> words{};
  va_list arguments;
  va_start(arguments, number);
  for (long& word : words) {
    word = va_arg(arguments, long);
  }
  va_end(arguments);
  if (number == SYS_bpf && words[0] == BPF_LINK_CREATE && lacks("tcx")) {
    errno = EINVAL;
    return -1;
  }
  static const auto next = real(&syscall, "syscall");
  return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  const std::uintptr_t unknown =
      (lacks("uso") ? uso_bits | tunnel_bits : 0) | (lacks("tunnels") ? tunnel_bits : 0);
  if (request == TUNSETOFFLOAD && (reinterpret_cast<std::uintptr_t>(argument) & unknown) != 0) {
    errno = EINVAL;
    return -1;
  }
  using Ioctl = int (*)(int, unsigned long, void*);
  static const auto real = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
  const int result = real(fd, request, argument);
  if (result == 0 && request == TUNGETFEATURES && lacks("vnet_header")) {
    *static_cast<unsigned*>(argument) &= ~static_cast<unsigned>(IFF_VNET_HDR);
  }
  return result;
}
