// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/terminal.hpp"

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace tapswitch::tapctl {

namespace {

// The other screen, which leaves what stands on this one; no cursor; no wrapping of what is broader
// than the terminal, where it has become narrower while we write.
constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view leave_screen = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view to_the_top = "\x1b[H";
constexpr std::string_view clear_line = "\x1b[K";
constexpr std::string_view clear_below = "\x1b[J";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool write_all(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t size = ::write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  return true;
}

sigset_t our_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH}) {
    sigaddset(&signals, number);
  }
  return signals;
}

}  // namespace

bool Terminal::is_there() {
  const char* const kind = std::getenv("TERM");
  const bool is_dumb = kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb";
  return !is_dumb && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

Terminal::Terminal() {
  if (tcgetattr(STDIN_FILENO, &before_) != 0) {
    fail("cannot read the terminal's settings");
  }
  const sigset_t signals = our_signals();
  sigprocmask(SIG_BLOCK, &signals, &mask_before_);
  signals_ = UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_.get() < 0) {
    const int error = errno;
    sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    throw std::system_error(error, std::generic_category(), "cannot wait for signals");
  }
  enter();
}

Terminal::~Terminal() {
  leave();
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  if (deadly_signal_ != 0) {
    std::signal(deadly_signal_, SIG_DFL);
    raise(deadly_signal_);
  }
}

void Terminal::enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  // Keys typed before are not for us. If this fails we still show, and Ctrl-C still ends.
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  write_all(enter_screen);
}

void Terminal::leave() noexcept {
  write_all(leave_screen);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

int Terminal::keys_descriptor() { return STDIN_FILENO; }

std::vector<Key> Terminal::take_keys() {
  std::array<char, 256> bytes;
  const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (size > 0) {
    return keys_in({bytes.data(), static_cast<std::size_t>(size)});
  }
  has_ended_ = size == 0 || (errno != EINTR && errno != EAGAIN);
  return {};
}

void Terminal::follow_signals() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    switch (signal.ssi_signo) {
      case SIGWINCH:
        break;
      case SIGTSTP:
        leave();
        raise(SIGSTOP);
        break;
      case SIGCONT:
        // Also after a stop of ours. Whoever had the terminal meanwhile may have changed it.
        enter();
        break;
      case SIGINT:
        has_ended_ = true;
        break;
      default:
        deadly_signal_ = static_cast<int>(signal.ssi_signo);
        has_ended_ = true;
    }
  }
}

ScreenSize Terminal::size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {.lines = size.ws_row, .columns = size.ws_col};
}

void Terminal::draw(const std::vector<std::string>& lines) {
  std::string text(to_the_top);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += (i == 0 ? "" : "\n") + lines[i];
    text += clear_line;
  }
  text += clear_below;
  if (!write_all(text)) {
    fail("cannot write to the terminal");
  }
}

}  // namespace tapswitch::tapctl
