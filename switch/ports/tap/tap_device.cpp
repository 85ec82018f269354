// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "switch/frame/long_header.hpp"

namespace tapswitch {
namespace {

// Since Linux 6.2; the <linux/if_tun.h> of Debian 12 is older.
constexpr unsigned tun_f_uso4 = 0x20;
constexpr unsigned tun_f_uso6 = 0x40;

// Since Linux 6.17. VXLAN has an outer checksum unless asked not to, so that the first without the
// second brings nothing.
constexpr unsigned tun_f_udp_tunnels = 0x80 | 0x100;

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
    bits |= set.udp_tunnels && (set.tso4 || set.tso6 || set.uso) ? tun_f_udp_tunnels : 0U;
  }
  return bits;
}

int open_tun() { return ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC); }

KernelResult<void> attach_queue(int fd, const std::string& name, int flags) {
  ifreq request{};
  request.ifr_flags = static_cast<short>(flags);
  const std::size_t size = std::min(name.size(), sizeof request.ifr_name - 1);
  std::memcpy(request.ifr_name, name.data(), size);
  if (::ioctl(fd, TUNSETIFF, &request) != 0) {
    return kernel_error(errno, "TUNSETIFF", "open", fmt::format("TAP '{}'", name));
  }
  return {};
}

// Returns what 'fd' is if it is not a device; nullopt if it is one.
std::optional<std::string> other_kind_of(int fd) {
  struct statx status {};
  // Without asking a server of files how they are now.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
    return "a file that cannot be looked at";
  }
  switch (status.stx_mode & S_IFMT) {
    case S_IFCHR:
      return std::nullopt;
    case S_IFREG:
      return "a regular file";
    case S_IFDIR:
      return "a directory";
    case S_IFSOCK:
      return "a socket";
    case S_IFIFO:
      return "a pipe";
    case S_IFBLK:
      return "a block device";
    default:
      return "a file without a name, as an epoll instance is";
  }
}

// Whether packet information stands before each frame. The kernel says by the same bit that there
// is none (IFF_NO_PI) and that there is no filter (IFF_NOFILTER); with a filter it means the first.
// One that lets all frames pass harms nobody for the moment it is there.
bool has_packet_information(int fd) {
  sock_fprog present{};
  const bool has_filter = ::ioctl(fd, TUNGETFILTER, &present) == 0 && present.len > 0;
  sock_filter pass_all = BPF_STMT(BPF_RET | BPF_K, ~0U);
  sock_fprog passing{.len = 1, .filter = &pass_all};
  const bool is_ours = !has_filter && ::ioctl(fd, TUNATTACHFILTER, &passing) == 0;
  ifreq request{};
  const bool is_known = ::ioctl(fd, TUNGETIFF, &request) == 0;
  if (is_ours) {
    ::ioctl(fd, TUNDETACHFILTER, 0);
  }
  return is_known && (request.ifr_flags & IFF_NO_PI) == 0;
}

}  // namespace

KernelResult<TapDevice> TapDevice::create(const std::string& name, const Mode& mode) {
  return attach(name, mode, IFF_TUN_EXCL);
}

KernelResult<TapDevice> TapDevice::adopt(const std::string& name, const Mode& mode) {
  return attach(name, mode, 0);
}

KernelResult<void> TapDevice::touch(const std::string& name, const Flags& flags) {
  const UniqueFd fd(open_tun());
  if (!fd.is_open()) {
    return tun_device_error(errno);
  }
  return attach_queue(fd.get(), name,
                      IFF_TAP | (flags.has_packet_information ? 0 : IFF_NO_PI) |
                          (flags.has_header ? IFF_VNET_HDR : 0) |
                          (flags.is_multi_queue ? IFF_MULTI_QUEUE : 0));
}

KernelResult<TapDevice> TapDevice::attach(const std::string& name, const Mode& mode,
                                          int more_flags) {
  UniqueFd fd(open_tun());
  if (!fd.is_open()) {
    return tun_device_error(errno);
  }
  const bool has_header = mode.has_header && has_vnet_header(fd.get());
  const int flags = IFF_TAP | IFF_NO_PI | (has_header ? IFF_VNET_HDR : 0) |
                    (mode.is_multi_queue ? IFF_MULTI_QUEUE : 0);
  if (auto done = attach_queue(fd.get(), name, flags | more_flags); !done) {
    return done.error();
  }
  TapDevice device(std::move(fd), has_header ? TapFraming::long_header : TapFraming::bare);
  if (mode.queues > 1) {
    if (auto done = device.attach_more(mode.queues, flags); !done) {
      return done.error();
    }
  }
  if (auto done = device.prepare(); !done) {
    return done.error();
  }
  return device;
}

std::optional<std::string> TapDevice::fault_of(int fd) {
  if (const auto kind = other_kind_of(fd)) {
    return "it is " + *kind + ", and no TAP";
  }
  if ((::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR) {
    return "it is not open for both reading and writing";
  }
  ifreq request{};
  if (::ioctl(fd, TUNGETIFF, &request) != 0) {
    return errno == EBADFD ? "it is of /dev/net/tun, and has no interface, or has one no more"
                           : "it is a device, and no TAP";
  }
  const int flags = request.ifr_flags;
  if ((flags & IFF_TAP) == 0) {
    return fmt::format("it is the TUN '{}', whose packets have no Ethernet header",
                       request.ifr_name);
  }
  if (has_packet_information(fd)) {
    return fmt::format(
        "TAP '{}' puts packet information before each frame: it was opened without "
        "IFF_NO_PI",
        request.ifr_name);
  }
  if ((flags & IFF_DETACH_QUEUE) != 0) {
    return fmt::format("it is a queue of TAP '{}' that is detached", request.ifr_name);
  }
  return std::nullopt;
}

KernelResult<TapDevice> TapDevice::take_over(UniqueFd fd) {
  ifreq request{};
  if (::ioctl(fd.get(), TUNGETIFF, &request) != 0) {
    return kernel_error(errno, "TUNGETIFF", "take over", "a TAP");
  }
  const bool has_header = (request.ifr_flags & IFF_VNET_HDR) != 0;
  return TapDevice(std::move(fd), has_header ? TapFraming::long_header : TapFraming::bare, true);
}

TapDevice TapDevice::inherit(std::vector<UniqueFd> queues, UniqueFd sender,
                             const Bearing& bearing) {
  TapDevice device({}, bearing.framing, bearing.is_passed);
  device.header_size_before_ = bearing.header_size_before;
  device.queues_ = std::move(queues);
  device.sender_ = std::move(sender);
  return device;
}

KernelResult<void> TapDevice::prepare() {
  for (const UniqueFd& queue : queues_) {
    const int flags = ::fcntl(queue.get(), F_GETFL);
    if (flags < 0 || ::fcntl(queue.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
      return kernel_error(errno, "F_SETFL", "set non-blocking", object());
    }
  }
  // One that was there before may have been used otherwise. Linux 6.17 and later may have been
  // granted offloads for tunnels there, with which every read behind a shorter header fails.
  std::ignore = set_offloads({});
  return set_header();
}

// The first descriptor becomes the one to send by, before there is another queue to lose frames to
// it.
KernelResult<void> TapDevice::attach_more(std::size_t count, int flags) {
  const auto its_name = name();
  if (!its_name) {
    return its_name.error();
  }
  ifreq request{};
  request.ifr_flags = static_cast<short>(IFF_DETACH_QUEUE);
  if (::ioctl(any_descriptor(), TUNSETQUEUE, &request) != 0) {
    return kernel_error(errno, "TUNSETQUEUE", "detach a queue of", object());
  }
  sender_ = std::exchange(queues_[0], UniqueFd());
  queues_.clear();
  while (queues_.size() < count) {
    UniqueFd fd(open_tun());
    if (!fd.is_open()) {
      return tun_device_error(errno);
    }
    if (auto done = attach_queue(fd.get(), *its_name, flags); !done) {
      return done.error();
    }
    queues_.push_back(std::move(fd));
  }
  return {};
}

KernelResult<void> TapDevice::set_header() {
  if (!has_header()) {
    return {};
  }
  std::ignore = ::ioctl(any_descriptor(), TUNGETVNETHDRSZ, &header_size_before_);
  int size = long_header_size;
  if (::ioctl(any_descriptor(), TUNSETVNETHDRSZ, &size) != 0) {
    return kernel_error(errno, "TUNSETVNETHDRSZ", "set the framing of", object());
  }
  int is_little_endian = 1;
  if (::ioctl(any_descriptor(), TUNSETVNETLE, &is_little_endian) != 0) {
    return kernel_error(errno, "TUNSETVNETLE", "set the framing of", object());
  }
  return {};
}

void TapDevice::put_back() {
  if (queues_.empty()) {
    return;
  }
  std::ignore = set_offloads({});
  if (has_header()) {
    // One that nobody else has may be as a killed daemon left it.
    const int size = is_passed_ ? header_size_before_ : int{offload_header_size};
    std::ignore = ::ioctl(any_descriptor(), TUNSETVNETHDRSZ, &size);
  }
}

OffloadSet TapDevice::set_offloads(const OffloadSet& wanted) {
  if (has_header()) {
    OffloadSet with_tunnels = wanted;
    with_tunnels.udp_tunnels = wanted.udp_tunnels && framing_ == TapFraming::long_header;
    OffloadSet without_tunnels = wanted;
    without_tunnels.udp_tunnels = false;
    OffloadSet without_uso = without_tunnels;
    without_uso.uso = false;
    for (const OffloadSet& set : {with_tunnels, without_tunnels, without_uso}) {
      if (::ioctl(any_descriptor(), TUNSETOFFLOAD, offload_bits(set)) == 0) {
        return set;
      }
    }
  }
  ::ioctl(any_descriptor(), TUNSETOFFLOAD, 0UL);
  return {};
}

KernelResult<std::string> TapDevice::name() const {
  ifreq request{};
  if (::ioctl(any_descriptor(), TUNGETIFF, &request) != 0) {
    return kernel_error(errno, "TUNGETIFF", "ask about", "a TAP");
  }
  return std::string(request.ifr_name);
}

std::optional<MacAddress> TapDevice::mac() const {
  ifreq request{};
  if (::ioctl(any_descriptor(), SIOCGIFHWADDR, &request) != 0) {
    return std::nullopt;
  }
  std::array<std::byte, MacAddress::size> octets{};
  std::memcpy(octets.data(), request.ifr_hwaddr.sa_data, octets.size());
  return MacAddress::read(octets.data());
}

KernelResult<UniqueFd> TapDevice::name_space() const {
  UniqueFd fd(::ioctl(any_descriptor(), TUNGETDEVNETNS));
  if (!fd.is_open()) {
    return kernel_error(errno, "TUNGETDEVNETNS", "find the namespace of", object());
  }
  return fd;
}

std::optional<bool> TapDevice::is_persistent() const {
  ifreq request{};
  if (::ioctl(any_descriptor(), TUNGETIFF, &request) != 0) {
    return std::nullopt;
  }
  return (request.ifr_flags & IFF_PERSIST) != 0;
}

KernelResult<void> TapDevice::set_persist(bool persist) {
  if (::ioctl(any_descriptor(), TUNSETPERSIST, persist ? 1UL : 0UL) != 0) {
    return kernel_error(errno, "TUNSETPERSIST", "change the persistence of", object());
  }
  return {};
}

KernelResult<void> TapDevice::set_carrier(bool has_carrier) {
  int value = has_carrier ? 1 : 0;
  if (::ioctl(any_descriptor(), TUNSETCARRIER, &value) != 0) {
    return kernel_error(errno, "TUNSETCARRIER", has_carrier ? "plug in" : "unplug", object());
  }
  return {};
}

KernelResult<void> TapDevice::set_owner(uid_t owner) {
  if (::ioctl(any_descriptor(), TUNSETOWNER, static_cast<unsigned long>(owner)) != 0) {
    return kernel_error(errno, "TUNSETOWNER", "change the owner of", object());
  }
  return {};
}

KernelResult<void> TapDevice::set_group(gid_t group) {
  if (::ioctl(any_descriptor(), TUNSETGROUP, static_cast<unsigned long>(group)) != 0) {
    return kernel_error(errno, "TUNSETGROUP", "change the group of", object());
  }
  return {};
}

std::string TapDevice::object() const {
  const auto known = name();
  return known ? fmt::format("TAP '{}'", *known) : "a TAP that is gone";
}

}  // namespace tapswitch
