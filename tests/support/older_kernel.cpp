// SPDX-License-Identifier: Apache-2.0
// A library to be preloaded: makes the kernel look older than it is, as far as TAPs are concerned.
// OLDER_KERNEL_WITHOUT says what it lacks: 'uso' (before Linux 6.2) or 'vnet_header'.
#include <dlfcn.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::uintptr_t uso_bits = 0x20 | 0x40;

bool lacks(std::string_view what) {
  const char* missing = std::getenv("OLDER_KERNEL_WITHOUT");
  return missing != nullptr && missing == what;
}

}  // namespace

extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request == TUNSETOFFLOAD && lacks("uso") &&
      (reinterpret_cast<std::uintptr_t>(argument) & uso_bits) != 0) {
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
