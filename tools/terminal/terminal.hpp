// SPDX-License-Identifier: Apache-2.0
// terminal.hpp: the whole terminal as a place to draw on, and what comes from it: keys, and signals
// that somebody at it has caused.
//
// Whatever ends the program, but SIGKILL, leaves the terminal as it was: its signals are received
// as if they were keys, and everything else unwinds.
// Limits: one Terminal at a time. Plain escape sequences, no terminfo: see decision 34.
#pragma once

#include <termios.h>

#include <csignal>
#include <string>
#include <vector>

#include "switch/system/unique_fd.hpp"
#include "tools/terminal/keys.hpp"
#include "tools/terminal/screen_size.hpp"

namespace tapswitch::tapctl {

class Terminal {
 public:
  // Whether stdin and stdout are one that can be drawn on.
  static bool is_there();

  // Throws std::system_error.
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  // Gives the terminal back as it was; if a signal has ended the work, it is then died of.
  ~Terminal();

  // Readable when take_keys() or follow_signals() has something to do.
  [[nodiscard]] static int keys_descriptor();
  [[nodiscard]] int signals_descriptor() const { return signals_.get(); }

  // Returns what was typed. At the end of the input has_ended() becomes true.
  std::vector<Key> take_keys();

  // Does what the signals say that have come: stops and goes on, or ends. Redraw afterwards: the
  // terminal may be another, or have another size.
  void follow_signals();
  [[nodiscard]] bool has_ended() const { return has_ended_; }

  [[nodiscard]] static ScreenSize size();

  // Shows 'lines' from the top, and nothing else.
  static void draw(const std::vector<std::string>& lines);

 private:
  void enter();
  void leave() noexcept;

  termios before_{};
  sigset_t mask_before_{};
  UniqueFd signals_;
  bool has_ended_ = false;
  int deadly_signal_ = 0;  // to die of in the end
};

}  // namespace tapswitch::tapctl
