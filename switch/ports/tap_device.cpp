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
#include <tuple>
#include <utility>

namespace tapswitch {
namespace {

// Since Linux 6.2; the <linux/if_tun.h> of Debian 12 is older.
constexpr unsigned tun_f_uso4 = 0x20;
constexpr unsigned tun_f_uso6 = 0x40;

bool has_vnet_header(int fd) {
  unsigned features = 0;
  return ::ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0;
}

// The kernel refuses all bits if it does not know one, and has segmentation only with checksums.
unsigned long offload_bits(const OffloadSet& set) {
  unsigned long bits = 0;
  if (set.checksum) {
    bits |= TUN_F_CSUM;
    bits |= set.tso4 ? TUN_F_TSO4 : 0U;
    bits |= set.tso6 ? TUN_F_TSO6 : 0U;
    bits |= set.tso_ecn && (set.tso4 || set.tso6) ? TUN_F_TSO_ECN : 0U;
    bits |= set.uso ? tun_f_uso4 | tun_f_uso6 : 0U;
  }
  return bits;
}

}  // namespace

KernelResult<TapDevice> TapDevice::create(const std::string& name, TapFraming framing) {
  return attach(name, framing, IFF_TUN_EXCL);
}

KernelResult<TapDevice> TapDevice::adopt(const std::string& name, TapFraming framing) {
  return attach(name, framing, 0);
}

KernelResult<TapDevice> TapDevice::attach(const std::string& name, TapFraming framing,
                                          int more_flags) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) {
    return tun_device_error(errno);
  }
  if (!has_vnet_header(fd.get())) {
    framing = TapFraming::bare;
  }
  ifreq request{};
  const int header_flag = framing == TapFraming::vnet_header ? IFF_VNET_HDR : 0;
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | header_flag | more_flags);
  const std::size_t size = std::min(name.size(), sizeof request.ifr_name - 1);
  std::memcpy(request.ifr_name, name.data(), size);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    return kernel_error(errno, "TUNSETIFF", "open", fmt::format("TAP '{}'", name));
  }
  TapDevice device(std::move(fd), framing);
  if (auto done = device.set_header(); !done) {
    return done.error();
  }
  // One that is adopted may have been used otherwise before.
  std::ignore = device.set_offloads({});
  return device;
}

KernelResult<void> TapDevice::set_header() {
  if (framing_ == TapFraming::bare) {
    return {};
  }
  int size = offload_header_size;
  if (::ioctl(fd_.get(), TUNSETVNETHDRSZ, &size) != 0) {
    return kernel_error(errno, "TUNSETVNETHDRSZ", "set the framing of", object());
  }
  int is_little_endian = 1;
  if (::ioctl(fd_.get(), TUNSETVNETLE, &is_little_endian) != 0) {
    return kernel_error(errno, "TUNSETVNETLE", "set the framing of", object());
  }
  return {};
}

OffloadSet TapDevice::set_offloads(const OffloadSet& wanted) {
  if (framing_ == TapFraming::vnet_header) {
    OffloadSet without_uso = wanted;
    without_uso.uso = false;
    for (const OffloadSet& set : {wanted, without_uso}) {
      if (::ioctl(fd_.get(), TUNSETOFFLOAD, offload_bits(set)) == 0) {
        return set;
      }
    }
  }
  ::ioctl(fd_.get(), TUNSETOFFLOAD, 0UL);
  return {};
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
