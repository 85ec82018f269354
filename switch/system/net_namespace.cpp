// SPDX-License-Identifier: Apache-2.0
#include "switch/system/net_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <system_error>
#include <thread>

namespace tapswitch {
namespace {

constexpr const char* names_directory = "/run/netns/";
constexpr const char* own_namespace = "/proc/thread-self/ns/net";

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int open_path(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

NetNamespaceId id_of(const struct stat& status) {
  return {.device = status.st_dev, .inode = status.st_ino};
}

}  // namespace

KernelResult<UniqueFd> NetNamespaceRef::open() const {
  const std::string object = fmt::format("network namespace '{}'", text_);
  const bool is_path = text_.find('/') != std::string::npos;
  if (text_.empty() || text_ == "." || text_ == ".." || text_.find('\0') != std::string::npos) {
    KernelError error = kernel_error(EINVAL, "open", "open", object);
    error.hint = "it is given by a name, a path or a process id";
    return error;
  }
  UniqueFd fd(open_path(is_path ? text_ : names_directory + text_));
  if (!fd.is_open() && errno == ENOENT && is_number(text_)) {
    fd.reset(open_path(fmt::format("/proc/{}/ns/net", text_)));
  }
  if (!fd.is_open()) {
    const int number = errno;
    KernelError error = kernel_error(number, "open", "open", object, "CAP_SYS_ADMIN");
    if (number == ENOENT && is_path) {
      error.hint = "there is no such file";
    } else if (number == ENOENT && is_number(text_)) {
      error.hint = fmt::format("there is neither {}{} nor such a process", names_directory, text_);
    } else if (number == ENOENT) {
      error.hint =
          fmt::format("there is no {0}{1}: 'ip netns add {1}' makes it", names_directory, text_);
    } else if (number == EACCES && is_number(text_)) {
      error.missing = "CAP_SYS_PTRACE";
      error.hint = "needs CAP_SYS_PTRACE to look into a process of another user";
    }
    return error;
  }
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    KernelError error = kernel_error(EINVAL, "NS_GET_NSTYPE", "open", object);
    error.hint = "what is there is not a network namespace";
    return error;
  }
  return fd;
}

bool NetNamespaceRef::is_of_process() const {
  constexpr std::string_view processes = "/proc/";
  if (text_.starts_with(processes)) {
    const std::string_view rest = std::string_view(text_).substr(processes.size());
    return is_number(rest.substr(0, rest.find('/')));
  }
  return is_number(text_) && ::access((names_directory + text_).c_str(), F_OK) != 0;
}

std::optional<std::string> NetNamespaceRef::find_name() const {
  const auto wanted = open();
  if (!wanted) {
    return std::nullopt;
  }
  const NetNamespaceId id = net_namespace_id(wanted->get());
  std::optional<std::string> first;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(names_directory, error), end;
       !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) == 0 && id_of(status) == id) {
      std::string name = entry->path().filename().string();
      if (!first || name < *first) {
        first = std::move(name);
      }
    }
  }
  return first;
}

KernelResult<UniqueFd> open_current_net_namespace() {
  UniqueFd fd(open_path(own_namespace));
  if (!fd.is_open()) {
    return kernel_error(errno, "open", "open", own_namespace);
  }
  return fd;
}

NetNamespaceId current_net_namespace() {
  struct stat status {};
  ::stat(own_namespace, &status);
  return id_of(status);
}

NetNamespaceId net_namespace_id(int fd) {
  struct stat status {};
  ::fstat(fd, &status);
  return id_of(status);
}

KernelResult<void> run_in_thread(int name_space, const std::function<void()>& work) {
  int refused = 0;
  std::exception_ptr thrown;
  try {
    std::jthread([&] {
      if (::setns(name_space, CLONE_NEWNET) != 0) {
        refused = errno;
        return;
      }
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
    }).join();
  } catch (const std::system_error& error) {
    return kernel_error(error.code().value(), "clone", "start", "a thread for another namespace");
  }
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  if (refused != 0) {
    return kernel_error(refused, "setns", "enter", "the network namespace", "CAP_SYS_ADMIN");
  }
  return {};
}

bool can_enter_net_namespaces() {
  const auto here = open_current_net_namespace();
  return here && run_in_thread(here.value().get(), [] {});
}

}  // namespace tapswitch
