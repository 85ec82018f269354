// SPDX-License-Identifier: Apache-2.0
#include "switch/system/kernel_error.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace tapswitch {
namespace {

constexpr const char* tun_device = "/dev/net/tun";

std::string path_of_this_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "PROGRAM";
}

// "cap_net_admin" as setcap writes it, which takes the others away; CAP_SYS_ADMIN alone would not
// do, for whoever enters a namespace wants to change something there.
std::string setcap_text(std::string_view capability) {
  if (capability == "CAP_SYS_ADMIN") {
    return "cap_net_admin,cap_sys_admin";
  }
  return capability == "CAP_NET_RAW" ? "cap_net_admin,cap_net_raw" : "cap_net_admin";
}

// In the effective set of the calling thread. The C library has no call for it.
bool has_capability(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> numbers = {
      {{"CAP_NET_ADMIN", CAP_NET_ADMIN},
       {"CAP_NET_RAW", CAP_NET_RAW},
       {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
       {"CAP_SYS_PTRACE", CAP_SYS_PTRACE}}};
  const auto* const found =
      std::ranges::find(numbers, name, [](const auto& row) { return row.first; });
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  return found != numbers.end() && ::syscall(SYS_capget, &header, sets.data()) == 0 &&
         (sets[found->second / 32].effective >> found->second % 32 & 1) != 0;
}

std::string capability_hint(std::string_view capability) {
  return fmt::format(
      "needs {0}: run it as root (sudo), or grant it once with 'setcap {1}+ep {2}', or try it in a "
      "user namespace of your own with 'unshare -Urn'",
      capability, setcap_text(capability), path_of_this_program());
}

// "mode 0660, owner root, group netdev"
std::string describe_access(const char* path) {
  struct stat status {};
  if (::stat(path, &status) != 0) {
    return "its directory cannot be searched";
  }
  std::array<char, 1024> memory{};
  passwd user{};
  passwd* found_user = nullptr;
  ::getpwuid_r(status.st_uid, &user, memory.data(), memory.size(), &found_user);
  const std::string owner = found_user ? user.pw_name : std::to_string(status.st_uid);
  group group_entry{};
  group* found_group = nullptr;
  ::getgrgid_r(status.st_gid, &group_entry, memory.data(), memory.size(), &found_group);
  const std::string group_name = found_group ? group_entry.gr_name : std::to_string(status.st_gid);
  return fmt::format("mode {:04o}, owner {}, group {}", status.st_mode & 07777U, owner, group_name);
}

}  // namespace

std::string KernelError::message() const {
  std::string text =
      fmt::format("cannot {} {}: {}", action, object, std::generic_category().message(number));
  if (!hint.empty()) {
    text += fmt::format(" ({})", hint);
  }
  return text;
}

std::string errno_name(int number) {
  const char* const name = ::strerrorname_np(number);
  return name != nullptr ? name : fmt::format("errno {}", number);
}

void throw_exception_from_error(const KernelError& error, const boost::source_location&) {
  throw std::system_error(error.number, std::generic_category(), error.message());
}

KernelError kernel_error(int number, std::string_view call, std::string_view action,
                         std::string_view object, std::string_view capability) {
  KernelError error{.number = number,
                    .call = std::string(call),
                    .action = std::string(action),
                    .object = std::string(object),
                    .hint = {},
                    .missing = {}};
  if (number == EPERM && has_capability(capability)) {
    error.hint = fmt::format(
        "although it has {}: a filter of system calls refuses it (for that of tapswitchd see the "
        "kernel's audit log, or try --no-seccomp), or a security module, or what it is about "
        "belongs to another user namespace",
        capability);
  } else if (number == EPERM && !capability.empty()) {
    error.missing = capability;
    error.hint = capability_hint(capability);
  }
  return error;
}

KernelError tun_device_error(int number) {
  KernelError error{.number = number,
                    .call = "open",
                    .action = "open",
                    .object = tun_device,
                    .hint = {},
                    .missing = {}};
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      error.missing = tun_device;
      error.hint =
          "the device does not exist: load its module with 'modprobe tun'; in a container pass the "
          "device in, or make it with 'mkdir -p /dev/net && mknod /dev/net/tun c 10 200'";
      break;
    case ENXIO:
    case ENODEV:
      error.missing = tun_device;
      error.hint = "the kernel has no TAP driver loaded: 'modprobe tun'";
      break;
    case EACCES:
      error.missing = tun_device;
      error.hint = fmt::format(
          "no permission to read and write it ({}): run it as root (sudo), join that group, or "
          "'chmod 0666 {}'",
          describe_access(tun_device), tun_device);
      break;
    case EPERM:
      error.missing = tun_device;
      error.hint =
          "the container's device policy forbids character device 10:200: pass the device in "
          "(--device /dev/net/tun)";
      break;
    default:
      break;
  }
  return error;
}

}  // namespace tapswitch
