// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/keeper.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "switch/system/pipe.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/lab_directory.hpp"

namespace tapswitch::lab {
namespace {

constexpr const char* where_allowed =
    "user namespaces for users are switched on by sysctl user.max_user_namespaces, on some systems "
    "also kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0";

void write_file(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open() ||
      ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    fail("write " + path, where_allowed);
  }
}

void mount_or_fail(const char* source, const std::string& target, const char* type,
                   unsigned long flags) {
  if (::mount(source, target.c_str(), type, flags, nullptr) != 0) {
    fail(fmt::format("mount {} on {}", source, target));
  }
}

// Puts 'entry' of the old /run into the new one.
void bring_along(const std::filesystem::directory_entry& entry) {
  const std::filesystem::path target = "/run" / entry.path().filename();
  std::error_code none;
  if (entry.is_symlink(none)) {
    std::filesystem::copy_symlink(entry.path(), target, none);
    return;
  }
  if (entry.is_directory(none)) {
    std::filesystem::create_directory(target, none);
  } else {
    const UniqueFd file(::open(target.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
  }
  // A directory that cannot be shown is not shown: somebody else's directory, for example.
  ::mount(entry.path().c_str(), target.c_str(), "none", MS_BIND | MS_REC, nullptr);
}

// Names of namespaces are made in a directory of our own. Where the machine has none, /run becomes
// ours, with everything that was in it.
void make_names_directory() {
  struct stat status {};
  if (::stat("/run/netns", &status) == 0) {
    mount_or_fail("tmpfs", "/run/netns", "tmpfs", 0);
    return;
  }
  const UniqueFd old(::open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!old.is_open()) {
    fail("open /run");
  }
  mount_or_fail("tmpfs", "/run", "tmpfs", 0);
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/self/fd/{}", old.get()))) {
    bring_along(entry);
  }
  ::mkdir("/run/netns", 0755);
}

void furnish() {
  mount_or_fail("none", "/", "none", MS_SLAVE | MS_REC);
  make_names_directory();
  // The last: until now the old one knew us.
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    fail("mount /proc", "within a container, its /proc must not be masked");
  }
}

// Reaps whatever is left to it, until it is told to end.
[[noreturn]] void keep() {
  sigset_t awaited{};
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
  do {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  } while (::sigwaitinfo(&awaited, nullptr) != SIGTERM);
  ::_exit(0);
}

// The life of the keeper. What goes wrong is told through 'outcome', whose end means all is well.
[[noreturn]] void be_keeper(int gate, int outcome) {
  char token = 0;
  if (::read(gate, &token, 1) != 1) {
    ::_exit(1);
  }
  try {
    ::setsid();
    ::prctl(PR_SET_NAME, keeper_title);
    furnish();
  } catch (const std::exception& error) {
    [[maybe_unused]] const auto told = ::write(outcome, error.what(), std::strlen(error.what()));
    ::_exit(1);
  }
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(nowhere, fd);
  }
  [[maybe_unused]] const int moved = ::chdir("/");
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  keep();
}

[[noreturn]] void complain_of_entry() {
  std::perror("tapctl: cannot enter the namespaces of the lab");
  ::_exit(1);
}

}  // namespace

std::string fault_of_rootless() {
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) {
    return fmt::format(
        "/dev/net/tun cannot be opened: {} ('chmod 0666 /dev/net/tun', as root, "
        "makes it everybody's, as it is on Debian)",
        std::strerror(errno));
  }
  return "";
}

ProcessId start_keeper(const std::function<void(const ProcessId&)>& record) {
  Pipe gate = open_pipe();
  Pipe outcome = open_pipe();
  const auto uid = ::geteuid();
  const auto gid = ::getegid();
  const auto pid = static_cast<pid_t>(::syscall(
      SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
  if (pid < 0) {
    fail("make a user namespace", where_allowed);
  }
  if (pid == 0) {
    gate.writer.reset();
    be_keeper(gate.reader.get(), outcome.writer.get());
  }
  outcome.writer.reset();
  const ProcessId keeper = identify(pid).value_or(ProcessId{});
  record(keeper);
  write_file(fmt::format("/proc/{}/setgroups", pid), "deny");
  write_file(fmt::format("/proc/{}/uid_map", pid), fmt::format("0 {} 1", uid));
  write_file(fmt::format("/proc/{}/gid_map", pid), fmt::format("0 {} 1", gid));
  [[maybe_unused]] const auto opened = ::write(gate.writer.get(), "", 1);
  std::array<char, 512> text{};
  if (const auto size = ::read(outcome.reader.get(), text.data(), text.size()); size > 0) {
    ::waitpid(pid, nullptr, 0);
    throw Failure(std::string(text.data(), static_cast<std::size_t>(size)));
  }
  return keeper;
}

int run_inside(const ProcessId& keeper, const std::function<int(Outside&)>& work) {
  const std::string labs = labs_directory();
  const std::string here = std::filesystem::current_path();
  const UniqueFd descriptor = open_process(keeper.pid);
  if (!descriptor.is_open() || !is_running(keeper)) {
    throw Failure(
        "the lab's keeper is gone, and with it all of the lab: `tapctl lab up` makes it "
        "anew");
  }
  const pid_t outside = ::fork();
  if (outside == 0) {
    // Another child is needed to be in the PID namespace.
    if (::setns(descriptor.get(), CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) != 0) {
      complain_of_entry();
    }
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const pid_t inside = ::fork();
    if (inside == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::setenv("TAPSWITCH_LABS", labs.c_str(), 1);
      [[maybe_unused]] const int moved = ::chdir(here.c_str());
      // The network is entered last: nobody who has been there comes back.
      Outside stayed;
      if (::setns(descriptor.get(), CLONE_NEWNET) != 0) {
        complain_of_entry();
      }
      const int status = work(stayed);
      std::fflush(nullptr);
      ::_exit(status);
    }
    ::signal(SIGINT, SIG_IGN);
    int status = 0;
    ::waitpid(inside, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
  ::signal(SIGINT, SIG_IGN);
  int status = 0;
  ::waitpid(outside, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace tapswitch::lab
