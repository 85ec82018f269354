// SPDX-License-Identifier: Apache-2.0
// outlet.hpp: the way by which a session is told what it did not ask for: events. Whoever owns the
// connection implements it; whoever has something to tell speaks by it.
//
// Limits: an outlet bounds what it holds for a client that does not read; beyond that it refuses.
// Threads: the control thread.
#pragma once

#include <memory>
#include <string_view>

namespace tapswitch::rpc {

class Outlet {
 public:
  // A speaker speaks by an outlet, which destroys it when the session is over.
  class Speaker {
   public:
    Speaker() = default;
    Speaker(const Speaker&) = delete;
    Speaker& operator=(const Speaker&) = delete;
    virtual ~Speaker() = default;

    // There is room again. Called once after each time that offer() began to refuse.
    virtual void on_room() = 0;
  };

  Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;

  // Sends 'line', a message without its newline, after all that was said before, and after the
  // reply if a request is being answered. False: too much is unsent, and 'line' was dropped.
  [[nodiscard]] virtual bool offer(std::string_view line) = 0;

  // There is one speaker at most; it ends with the session.
  virtual void engage(std::unique_ptr<Speaker> speaker) = 0;
};

}  // namespace tapswitch::rpc
