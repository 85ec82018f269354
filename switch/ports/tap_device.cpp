// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tapswitch {
namespace {

constexpr short tap_flags = IFF_TAP | IFF_NO_PI;

// Linux has this flag as 0x8000, which <linux/if_tun.h> writes as a positive int.
constexpr short exclusive = static_cast<short>(IFF_TUN_EXCL);

}  // namespace

KernelResult<TapDevice> TapDevice::create(const std::string& name) {
  return attach(name, static_cast<short>(tap_flags | exclusive));
}

KernelResult<TapDevice> TapDevice::adopt(const std::string& name) {
  return attach(name, tap_flags);
}

KernelResult<TapDevice> TapDevice::attach(const std::string& name, short flags) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) {
    return tun_device_error(errno);
  }
  ifreq request{};
  request.ifr_flags = flags;
  const std::size_t size = std::min(name.size(), sizeof request.ifr_name - 1);
  std::memcpy(request.ifr_name, name.data(), size);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    return kernel_error(errno, "TUNSETIFF", "open", fmt::format("TAP '{}'", name));
  }
  return TapDevice(std::move(fd));
}

KernelResult<std::string> TapDevice::name() const {
  ifreq request{};
  if (::ioctl(fd_.get(), TUNGETIFF, &request) != 0) {
    return kernel_error(errno, "TUNGETIFF", "ask about", "a TAP");
  }
  return std::string(request.ifr_name);
}

KernelResult<UniqueFd> TapDevice::name_space() const {
  UniqueFd fd(::ioctl(fd_.get(), TUNGETDEVNETNS));
  if (!fd.is_open()) {
    return kernel_error(errno, "TUNGETDEVNETNS", "find the namespace of", object());
  }
  return fd;
}

KernelResult<void> TapDevice::set_persist(bool persist) {
  if (::ioctl(fd_.get(), TUNSETPERSIST, persist ? 1UL : 0UL) != 0) {
    return kernel_error(errno, "TUNSETPERSIST", "change the persistence of", object());
  }
  return {};
}

KernelResult<void> TapDevice::set_owner(uid_t owner) {
  if (::ioctl(fd_.get(), TUNSETOWNER, static_cast<unsigned long>(owner)) != 0) {
    return kernel_error(errno, "TUNSETOWNER", "change the owner of", object());
  }
  return {};
}

KernelResult<void> TapDevice::set_group(gid_t group) {
  if (::ioctl(fd_.get(), TUNSETGROUP, static_cast<unsigned long>(group)) != 0) {
    return kernel_error(errno, "TUNSETGROUP", "change the group of", object());
  }
  return {};
}

std::string TapDevice::object() const {
  const auto known = name();
  return known ? fmt::format("TAP '{}'", *known) : "a TAP that is gone";
}

}  // namespace tapswitch
