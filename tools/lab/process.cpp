// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "switch/system/pipe.hpp"
#include "switch/system/process_status.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/interrupt.hpp"

namespace tapswitch::lab {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds longest_nap{100};
constexpr int cannot_execute = 127;
constexpr int third_number = 3;
constexpr int first_free = third_number + 1;

// All that the child needs, made before it is: between fork() and execve() it may not allocate.
class Script {
 public:
  explicit Script(const Launch& launch)
      : name_space_(launch.name_space),
        output_(launch.output),
        third_(launch.third),
        dies_(launch.dies_with_us) {
    const auto found = find_program(launch.words.front());
    if (!found) {
      throw Failure(fmt::format("there is no program '{}'", launch.words.front()));
    }
    program_ = *found;
    words_ = launch.words;
    for (char** each = environ; *each != nullptr; ++each) {
      const std::string_view text(*each);
      const auto is_replaced = [&](const auto& pair) { return text.starts_with(pair.first + '='); };
      if (std::none_of(launch.environment.begin(), launch.environment.end(), is_replaced)) {
        variables_.emplace_back(text);
      }
    }
    for (const auto& [name, value] : launch.environment) {
      variables_.push_back(fmt::format("{}={}", name, value));
    }
    directory_ = launch.directory;
    resolver_ = launch.resolver;
    nowhere_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nowhere_.is_open()) {
      throw Failure(fmt::format("cannot open /dev/null: {}", std::strerror(errno)));
    }
    pointers(words_, argv_);
    pointers(variables_, envp_);
  }

  // In the child. Returns errno if it comes to that.
  [[nodiscard]] int play(pid_t parent) const {
    ::setsid();
    if (dies_ && (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent)) {
      return ESRCH;
    }
    for (int number = 1; number < NSIG; ++number) {
      ::signal(number, SIG_DFL);
    }
    sigset_t none{};
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (name_space_ >= 0 && !enter_net_namespace(name_space_, resolver_)) {
      return errno;
    }
    if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) {
      return errno;
    }
    const int output = output_ >= 0 ? output_ : nowhere_.get();
    ::dup2(nowhere_.get(), STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    // Nor may it hold what we were given: a lock, or the end of somebody's pipe.
    ::close_range(third_number, ~0U, CLOSE_RANGE_CLOEXEC);
    if (third_ == third_number) {
      ::fcntl(third_, F_SETFD, 0);
    } else if (third_ >= 0) {
      ::dup2(third_, third_number);
    }
    ::execve(program_.c_str(), argv_.data(), envp_.data());
    return errno;
  }

 private:
  static void pointers(std::vector<std::string>& texts, std::vector<char*>& found) {
    for (std::string& text : texts) {
      found.push_back(text.data());
    }
    found.push_back(nullptr);
  }

  int name_space_;
  int output_;
  int third_;
  bool dies_;
  std::string program_;
  std::string directory_;
  std::string resolver_;
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
  UniqueFd nowhere_;
};

void send_signal(int process, int number) {
  ::syscall(SYS_pidfd_send_signal, process, number, nullptr, 0);
}

bool ends_within(int descriptor, milliseconds most) {
  pollfd waited{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waited, 1, static_cast<int>(most.count())) > 0;
}

}  // namespace

std::optional<ProcessId> identify(pid_t pid) {
  const auto found = process_status(pid);
  if (!found || found->has_ended()) {
    return std::nullopt;
  }
  return ProcessId{.pid = pid, .start = found->start};
}

bool is_running(const ProcessId& process) {
  return process.pid > 0 && identify(process.pid) == process;
}

UniqueFd open_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::optional<int> Child::wait(milliseconds most) {
  const auto end = Clock::now() + most;
  while (!status_) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (ends_within(descriptor_.get(), std::clamp(left, milliseconds(0), longest_nap))) {
      siginfo_t info{};
      ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(descriptor_.get()), &info,
               WEXITED);
      status_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    } else if (left <= milliseconds(0)) {
      return std::nullopt;
    }
    throw_if_interrupted();
  }
  return status_;
}

void Child::kill() { send_signal(descriptor_.get(), SIGKILL); }

Child launch(const Launch& launch, const std::function<void(const ProcessId&)>& record) {
  const Script script(launch);
  // One at a time until the gate is open: a child of another thread would inherit the other end of
  // this gate, and keep both waiting if we died.
  static std::mutex one_at_a_time;
  std::unique_lock lock(one_at_a_time);
  Pipe gate = open_pipe();
  Pipe outcome = open_pipe();
  // Out of the way of what the child is given.
  outcome.writer.reset(::fcntl(outcome.writer.get(), F_DUPFD_CLOEXEC, first_free));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw Failure(fmt::format("cannot start a process: {}", std::strerror(errno)));
  }
  if (pid == 0) {
    ::close(gate.writer.get());
    char token = 0;
    if (::read(gate.reader.get(), &token, 1) == 1) {
      const int number = script.play(parent);
      [[maybe_unused]] const auto written = ::write(outcome.writer.get(), &number, sizeof number);
    }
    ::_exit(cannot_execute);
  }
  // The child waits for us, so it is there.
  Child child(identify(pid).value_or(ProcessId{}), open_process(pid));
  record(child.id());
  gate.reader.reset();
  outcome.writer.reset();
  [[maybe_unused]] const auto opened = ::write(gate.writer.get(), "", 1);
  gate.writer.reset();
  lock.unlock();
  int number = 0;
  if (::read(outcome.reader.get(), &number, sizeof number) > 0) {
    throw Failure(fmt::format("cannot run '{}': {}", launch.words.front(), std::strerror(number)));
  }
  return child;
}

bool enter_net_namespace(int name_space, const std::string& resolver) {
  if (::setns(name_space, CLONE_NEWNET) != 0 || ::unshare(CLONE_NEWNS) != 0 ||
      ::mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) != 0) {
    return false;
  }
  // If that is not allowed, /sys shows the interfaces of the machine. That is all.
  if (::mount("lab", "/sys", "sysfs", 0, nullptr) != 0) {
    errno = 0;
  }
  // A machine may have no such file, and then the node has none either.
  if (!resolver.empty() &&
      ::mount(resolver.c_str(), "/etc/resolv.conf", "none", MS_BIND, nullptr) != 0) {
    errno = 0;
  }
  return true;
}

void end(const std::vector<ProcessId>& processes, milliseconds patience) {
  std::vector<UniqueFd> alive;
  for (const ProcessId& process : processes) {
    UniqueFd descriptor = process.pid > 0 ? open_process(process.pid) : UniqueFd();
    // The process is looked at after it is held: from now on its pid cannot become another's.
    if (descriptor.is_open() && is_running(process)) {
      send_signal(descriptor.get(), SIGTERM);
      // A stopped one would not hear of it.
      send_signal(descriptor.get(), SIGCONT);
      alive.push_back(std::move(descriptor));
    }
  }
  const auto last = Clock::now() + patience;
  for (const UniqueFd& descriptor : alive) {
    const auto left = std::chrono::duration_cast<milliseconds>(last - Clock::now());
    if (!ends_within(descriptor.get(), std::max(left, milliseconds(0)))) {
      send_signal(descriptor.get(), SIGKILL);
      ends_within(descriptor.get(), milliseconds(5000));
    }
    // A child of ours leaves remains.
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(descriptor.get()), &info,
             WEXITED | WNOHANG);
  }
}

std::optional<std::string> find_program(const std::string& program) {
  const auto is_program = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) {
    return is_program(program) ? std::optional(program) : std::nullopt;
  }
  const char* variable = std::getenv("PATH");
  std::string path = variable != nullptr ? variable : "";
  // The programs that networks are made of are in these; users often have no way there.
  path += ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + '/' + program;
    if (end > begin && is_program(candidate)) {
      return candidate;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace tapswitch::lab
