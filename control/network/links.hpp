// SPDX-License-Identifier: Apache-2.0
// links.hpp: follows what becomes of the links of ports, whoever has changed them: up, down, lost,
// called otherwise, or somewhere else. Brings it to the switch, and tells it.
//
// Theory of operation: what is known of a link is heard of from the kernel (link_watch.hpp), told
// by a worker, or looked at. Each way leads to note(), which compares it with what was seen before.
// A look that fails for want of descriptors or memory says nothing about the link: what was seen
// counts on, and poll() looks again.
// Threads: the control thread. Limits: those of the ports; all notices that wait are heeded by one
// picture.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "control/network/announcer.hpp"
#include "control/network/changes.hpp"
#include "control/network/claims.hpp"
#include "control/network/inventory.hpp"
#include "control/network/link_watch.hpp"
#include "control/network/port_round.hpp"
#include "control/network/station_news.hpp"
#include "control/network/trees.hpp"
#include "control/network/wires.hpp"

namespace tapswitch::network {

class Links {
 public:
  struct Parts {
    Inventory& inventory;
    LinkWatch& watch;
    Wires& wires;
    Trees& trees;
    Claims& claims;
    Changes& changes;
    StationNews& station_news;
    const Announcer& announcer;
  };

  // Takes a port out that is a guest and whose client is gone.
  using SeeOut = std::function<void(RunningPort&)>;

  // The parts must outlive it.
  Links(const Parts& parts, SeeOut see_out);

  // Throws already_exists if another port has the interface of the new one, by whatever name and
  // namespace it was called; kernel_refused if nobody can look for want of descriptors or memory.
  void check_is_free(const RunningPort& added);
  // Returns the port that has this interface open, as far as we hear of interfaces; nullptr if none
  // has.
  [[nodiscard]] const std::string* user_of(const PassedEnd& passed) const;

  // Looks at the link of a port that is new, and follows it from now on. Throws kernel_refused if
  // nobody can look for want of descriptors or memory.
  void watch(RunningPort& port);
  // The same for one that was lost and is open anew, which throws nothing: poll() looks again.
  void regain(RunningPort& port);

  // Follows what has been heard. News about 'except' is ignored, for what the caller will see of it
  // is newer.
  void follow(const RunningPort* except = nullptr);
  // Looks at some of the links that are not heard of, or could not be looked at. Returns whether
  // there are more before the round is complete; a round is due about once a second.
  [[nodiscard]] bool poll_some();
  // Looks at one, and tells of it.
  void look_at(RunningPort& port);
  // The same where a worker says so; that port may be gone by now.
  void on_port_news(const std::string& switch_name, PortIndex index);

  // Takes notice of how the link is. Returns the event that this makes; empty: nothing is new.
  [[nodiscard]] std::string_view note(RunningPort& port, LinkStatus now);

 private:
  void heed(const LinkMonitor::Notices& taken, const RunningPort* except);
  void note_and_tell(RunningPort& port, LinkStatus now);
  int begin_to_follow(RunningPort& port);
  void look_again(RunningPort& port);
  void lose(RunningPort& port);
  void follow_name(RunningPort& port);
  void tell_missing_file(const RunningPort& port) const;
  void unplug_again(RunningPort& port) const;
  void bring_states();

  const Parts parts_;
  const SeeOut see_out_;
  PortRound round_;  // of looks
};

}  // namespace tapswitch::network
