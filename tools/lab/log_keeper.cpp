// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/log_keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "switch/system/pipe.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/kept_log.hpp"
#include "tools/lab/lab_directory.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::chrono::seconds log_timeout{3};
constexpr std::size_t pipe_size = std::size_t{1} << 16;
constexpr std::size_t longest_name = 255;

constexpr char yes = 'y';
constexpr char no = 'n';

union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> space;
};

// A message: its text, and the descriptor that came with it.
struct Message {
  std::string text;
  UniqueFd descriptor;
  bool is_whole = true;  // what was sent with it is there
};

// Nullopt at the end.
std::optional<Message> receive(int socket) {
  std::array<char, longest_name> text{};
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.space.data();
  header.msg_controllen = control.space.size();
  const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (size <= 0) {
    return std::nullopt;
  }
  Message message{.text = std::string(text.data(), static_cast<std::size_t>(size)),
                  .descriptor = UniqueFd(),
                  .is_whole = (header.msg_flags & MSG_CTRUNC) == 0};
  if (const cmsghdr* found = CMSG_FIRSTHDR(&header);
      found != nullptr && found->cmsg_type == SCM_RIGHTS) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(found), sizeof descriptor);
    message.descriptor.reset(descriptor);
  }
  return message;
}

// A reader does what the process does, from its first step to its end.
class Reader {
 public:
  Reader(UniqueFd socket, int directory) : socket_(std::move(socket)), directory_(directory) {}

  void run() {
    while (socket_.is_open() || !sources_.empty()) {
      std::vector<pollfd> waited = {{.fd = socket_.get(), .events = POLLIN, .revents = 0}};
      for (const Source& source : sources_) {
        waited.push_back({.fd = source.pipe.get(), .events = POLLIN, .revents = 0});
      }
      if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) {
        return;
      }
      for (std::size_t i = 1; i < waited.size(); ++i) {
        if (waited[i].revents != 0) {
          read_once(sources_[i - 1]);
        }
      }
      if (waited.front().revents != 0) {
        hear();
      }
      std::erase_if(sources_, [](const Source& source) { return !source.pipe.is_open(); });
    }
  }

 private:
  struct Source {
    UniqueFd pipe;
    KeptLog* log;
  };

  // True if there may be more.
  bool read_once(Source& source) {
    const ssize_t size = ::read(source.pipe.get(), buffer_.data(), buffer_.size());
    if (size > 0) {
      source.log->append({buffer_.data(), static_cast<std::size_t>(size)});
      return true;
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      source.pipe.reset();
    }
    return false;
  }

  void hear() {
    auto message = receive(socket_.get());
    if (!message) {
      socket_.reset();
      return;
    }
    if (message->descriptor.is_open()) {
      ::fcntl(message->descriptor.get(), F_SETFL, O_NONBLOCK);
      const auto log = logs_.try_emplace(message->text, directory_, message->text).first;
      sources_.push_back({std::move(message->descriptor), &log->second});
    } else {
      drain(message->text);
    }
    const char answer = message->is_whole ? yes : no;
    ::send(socket_.get(), &answer, 1, MSG_NOSIGNAL);
  }

  // Everything that was said of one log until now; a pipe holds no more than is read here.
  void drain(const std::string& name) {
    const auto log = logs_.find(name);
    for (Source& source : sources_) {
      if (log != logs_.end() && source.log == &log->second) {
        for (int i = 0; i < 2 && read_once(source); ++i) {
        }
      }
    }
  }

  UniqueFd socket_;
  int directory_;
  std::map<std::string, KeptLog> logs_;
  std::vector<Source> sources_;
  std::array<char, pipe_size> buffer_{};
};

// Whoever looks at processes shall not take us for a `lab up` that does not end.
void rename_process(const std::string& title) {
  std::array<char, 4096> words{};
  const UniqueFd file(::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  const ssize_t size = ::read(file.get(), words.data(), words.size());
  if (size > 0) {
    const auto room = static_cast<std::size_t>(size);
    std::memset(program_invocation_name, 0, room);
    title.copy(program_invocation_name, room - 1);
  }
  ::prctl(PR_SET_NAME, "tapswitch-log");
}

[[noreturn]] void be_log_keeper(int socket, int directory, const std::string& title) {
  ::setsid();
  // We end when nobody is left; a signal to all would cut their last words off.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    ::signal(number, SIG_IGN);
  }
  constexpr int our_socket = STDERR_FILENO + 1;
  constexpr int our_directory = our_socket + 1;
  const int high_socket = ::fcntl(socket, F_DUPFD, our_directory + 1);
  const int high_directory = ::fcntl(directory, F_DUPFD, our_directory + 1);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(nowhere, fd);
  }
  ::dup3(high_socket, our_socket, O_CLOEXEC);
  ::dup3(high_directory, our_directory, O_CLOEXEC);
  ::close_range(our_directory + 1, ~0U, 0);
  [[maybe_unused]] const int moved = ::chdir("/");
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  most.rlim_cur = most.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &most);
  rename_process(title);
  try {
    Reader(UniqueFd(our_socket), our_directory).run();
  } catch (const std::exception&) {
    ::_exit(1);  // no memory: whoever speaks is told that nobody listens
  }
  ::_exit(0);
}

UniqueFd open_logs(const std::string& directory) {
  return UniqueFd(
      ::open(logs_directory(directory).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

}  // namespace

LogKeeper::LogKeeper(const std::string& directory) : directory_(logs_directory(directory)) {
  if (::mkdir(directory_.c_str(), directory_mode) != 0 && errno != EEXIST) {
    fail("make " + directory_);
  }
  const UniqueFd logs = open_logs(directory);
  if (!logs.is_open() || ::flock(logs.get(), LOCK_SH) != 0) {
    fail("open " + directory_);
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail("make a socket");
  }
  socket_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) {
    fail("start a process for logs");
  }
  if (pid == 0) {
    be_log_keeper(theirs.get(), logs.get(), "tapswitch-log " + directory_);
  }
}

UniqueFd LogKeeper::open(const std::string& name) {
  Pipe pipe = open_pipe();
  ask(name, pipe.reader.get());
  return std::move(pipe.writer);
}

std::size_t LogKeeper::size(const std::string& name) {
  ask(name, -1);
  return log_size(directory_, name);
}

std::string LogKeeper::last_lines(const std::string& name, std::size_t offset) {
  ask(name, -1);
  return lab::last_lines(read_log(directory_, name, offset));
}

void LogKeeper::ask(const std::string& text, int descriptor) {
  const std::lock_guard lock(mutex_);
  iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    header.msg_control = control.space.data();
    header.msg_controllen = control.space.size();
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  }
  char answer = no;
  if (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL) < 0 ||
      ::recv(socket_.get(), &answer, 1, 0) <= 0) {
    throw Failure("the process that keeps the logs has ended");
  }
  if (answer != yes) {
    throw Failure(fmt::format(
        "no more logs can be kept: a process may not have more descriptors (ulimit -n)"));
  }
}

void await_log_keepers(const std::string& directory) {
  const UniqueFd logs = open_logs(directory);
  const auto end = std::chrono::steady_clock::now() + log_timeout;
  while (logs.is_open() && ::flock(logs.get(), LOCK_EX | LOCK_NB) != 0 &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace tapswitch::lab
