// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/name_spaces.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/interrupt.hpp"
#include "tools/lab/near_ends.hpp"
#include "tools/lab/process_search.hpp"

namespace tapswitch::lab {
namespace {

constexpr mode_t names_mode = 0755;

std::string path_of(const std::string& name) { return fmt::format("{}/{}", names_directory, name); }

// As `ip netns` has it: mounts made in it are seen in every mount namespace, and so are their ends.
void prepare_names_directory() {
  if (::mkdir(names_directory, names_mode) != 0 && errno != EEXIST) {
    fail(fmt::format("make {}", names_directory));
  }
  while (::mount("", names_directory, "none", MS_SHARED | MS_REC, nullptr) != 0) {
    if (errno != EINVAL ||
        ::mount(names_directory, names_directory, "none", MS_BIND | MS_REC, nullptr) != 0) {
      fail(fmt::format("share {}", names_directory));
    }
  }
}

void set_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    fail("set the interface lo up");
  }
}

// A thread goes through all of the new namespaces, so that ours stays in the one it is in.
std::vector<UniqueFd> unshare_each(std::size_t count) {
  std::vector<UniqueFd> made;
  std::exception_ptr thrown;
  std::jthread([&] {
    try {
      for (std::size_t i = 0; i < count; ++i) {
        throw_if_interrupted();
        if (::unshare(CLONE_NEWNET) != 0) {
          fail("make a network namespace");
        }
        set_loopback_up();
        made.emplace_back(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        if (!made.back().is_open()) {
          fail("open a network namespace");
        }
      }
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return made;
}

void give_name(const UniqueFd& name_space, const std::string& name) {
  const std::string path = path_of(name);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file.is_open()) {
    fail(fmt::format("make {}", path));
  }
  const std::string source = fmt::format("/proc/self/fd/{}", name_space.get());
  if (::mount(source.c_str(), path.c_str(), "none", MS_BIND, nullptr) != 0) {
    const int number = errno;
    ::unlink(path.c_str());
    errno = number;
    fail(fmt::format("name a network namespace {}", name));
  }
}

// The occupant of a path is what is found there.
enum class Occupant { none, ours, half_made, other };

Occupant look_at(const NamespaceRecord& record) {
  const std::string path = path_of(record.name);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  struct statfs system {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0 || ::fstatfs(fd.get(), &system) != 0) {
    // A name without its namespace has mode 0, which stops nobody but one who is not root.
    return errno == ENOENT ? Occupant::none : Occupant::other;
  }
  if (system.f_type == NSFS_MAGIC) {
    return net_namespace_id(fd.get()) == record.id ? Occupant::ours : Occupant::other;
  }
  // We died between the file and what is mounted on it.
  return S_ISREG(status.st_mode) && status.st_size == 0 ? Occupant::half_made : Occupant::other;
}

std::vector<ProcessId> processes_in(const std::vector<NamespaceRecord>& records) {
  return find_processes([&](pid_t pid) {
    struct stat status {};
    if (::stat(fmt::format("/proc/{}/ns/net", pid).c_str(), &status) != 0) {
      return false;
    }
    const NetNamespaceId id{.device = status.st_dev, .inode = status.st_ino};
    return std::any_of(records.begin(), records.end(),
                       [&](const NamespaceRecord& each) { return each.id == id; });
  });
}

}  // namespace

bool is_namespace_name_taken(const std::string& name) {
  return ::access(path_of(name).c_str(), F_OK) == 0;
}

bool exists(const NamespaceRecord& record) { return look_at(record) == Occupant::ours; }

void make_namespaces(const std::vector<std::string>& names,
                     const std::function<void(const std::vector<NamespaceRecord>&)>& record) {
  if (names.empty()) {
    return;
  }
  prepare_names_directory();
  const std::vector<UniqueFd> made = unshare_each(names.size());
  std::vector<NamespaceRecord> records;
  for (std::size_t i = 0; i < names.size(); ++i) {
    records.push_back({.name = names[i], .id = net_namespace_id(made[i].get())});
  }
  record(records);
  for (std::size_t i = 0; i < names.size(); ++i) {
    give_name(made[i], names[i]);
  }
}

void remove_namespaces(const std::vector<NamespaceRecord>& records,
                       std::chrono::milliseconds patience) {
  std::vector<NamespaceRecord> ours;
  std::copy_if(records.begin(), records.end(), std::back_inserter(ours),
               [](const NamespaceRecord& each) { return exists(each); });
  if (!ours.empty()) {
    end_all([&] { return processes_in(ours); }, patience);
    remove_veths_to(ours);
  }
  for (const NamespaceRecord& record : records) {
    const Occupant occupant = look_at(record);
    const std::string path = path_of(record.name);
    if (occupant == Occupant::ours) {
      ::umount2(path.c_str(), MNT_DETACH);
    }
    if (occupant == Occupant::ours || occupant == Occupant::half_made) {
      ::unlink(path.c_str());
    }
  }
}

}  // namespace tapswitch::lab
