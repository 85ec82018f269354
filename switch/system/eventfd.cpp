// SPDX-License-Identifier: Apache-2.0
#include "switch/system/eventfd.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string_view>

namespace tapswitch {
namespace {

// Interrupts a thread that waits at the eventfd of a stranger.
class WriteAlarm {
 public:
  WriteAlarm() noexcept {
    static std::once_flag once;
    std::call_once(once, [] {
      struct sigaction action {};
      action.sa_handler = on_signal;  // no SA_RESTART: the write is to end
      (void)::sigaction(signal_number(), &action, nullptr);
    });
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal_number();
    event._sigev_un._tid = ::gettid();
    is_made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  }
  WriteAlarm(const WriteAlarm&) = delete;
  WriteAlarm& operator=(const WriteAlarm&) = delete;
  ~WriteAlarm() {
    if (is_made_) {
      ::timer_delete(timer_);
    }
  }

  [[nodiscard]] bool write(int fd) noexcept {
    if (!is_made_) {
      return false;
    }
    current = this;
    is_waiting_ = 1;
    has_rung_ = 0;
    if (is_set_ == 0) {
      set();
    }
    constexpr std::uint64_t one = 1;
    ssize_t result = 0;
    do {
      result = ::write(fd, &one, sizeof one);
    } while (result < 0 && errno == EINTR && has_rung_ == 0);
    is_waiting_ = 0;
    return result >= 0 || errno == EAGAIN;  // a guest that is full is called already
  }

 private:
  static int signal_number() noexcept { return SIGRTMIN + 5; }

  // While the thread waits the timer goes on: it may have run out just before the waiting.
  static void on_signal(int /*number*/) noexcept {
    const int saved = errno;
    if (current->is_waiting_ != 0) {
      current->has_rung_ = 1;
      current->set();
    } else {
      current->is_set_ = 0;
    }
    errno = saved;
  }

  void set() noexcept {
    is_set_ = 1;
    itimerspec when{};
    when.it_value.tv_nsec = std::chrono::nanoseconds(StrangersEventfd::patience).count();
    ::timer_settime(timer_, 0, &when, nullptr);
  }

  static thread_local WriteAlarm* current;

  timer_t timer_{};
  bool is_made_ = false;
  volatile std::sig_atomic_t is_set_ = 0;
  volatile std::sig_atomic_t is_waiting_ = 0;
  volatile std::sig_atomic_t has_rung_ = 0;
};

thread_local WriteAlarm* WriteAlarm::current = nullptr;

}  // namespace

// The kernel makes this name up: no file in a directory leads to it.
bool is_eventfd(int fd) noexcept {
  constexpr std::string_view name = "anon_inode:[eventfd]";
  std::array<char, 32> link{};
  (void)std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  std::array<char, name.size() + 1> said{};
  const ssize_t size = ::readlink(link.data(), said.data(), said.size());
  return size > 0 && std::string_view(said.data(), static_cast<std::size_t>(size)) == name;
}

bool StrangersEventfd::ring(int fd) noexcept {
  thread_local WriteAlarm alarm;
  return alarm.write(fd);
}

}  // namespace tapswitch
