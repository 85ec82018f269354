// SPDX-License-Identifier: Apache-2.0
// link_monitor.hpp: hears from the kernel when interfaces change (up, down, MTU, address, name) or
// go, in our network namespace and in others, by one socket.
//
// Theory of operation: a socket in another namespace would keep that namespace alive after 'ip
// netns del', and its TAPs with it. So there is one socket, in ours, which hears of every namespace
// that ours has a number for (NETLINK_LISTEN_ALL_NSID); a number keeps nothing alive. That takes
// CAP_NET_BROADCAST when the monitor is opened; without it only our namespace is heard. Ours may
// have a number for itself, which somebody has given it: Linux 6.18 tells of it without the number
// all the same, and a notice with it would be ours too.
// Limits: the socket's buffer. If the kernel has had to drop notices, take() says so.
// Threads: one at a time, in our namespace.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "switch/system/route_socket.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// An interface for as long as it stays in its namespace, whatever its name.
struct LinkKey {
  static constexpr int ours = -1;

  int name_space = ours;  // the number that our namespace has for it
  int index = 0;

  auto operator<=>(const LinkKey&) const = default;
};

class LinkMonitor {
 public:
  struct Notice {
    LinkKey key;
    bool is_gone = false;  // deleted, or moved to another namespace
    InterfaceInfo info;    // if it is not gone; without statistics
  };

  struct Notices {
    std::vector<Notice> notices;  // in order
    bool has_missed = false;      // some were lost before these
  };

  [[nodiscard]] static KernelResult<LinkMonitor> open();

  // Readable when take() has something to say.
  [[nodiscard]] int descriptor() const { return socket_.get(); }

  // Gives the namespace a number unless it has one, so that notices come from there from now on.
  // Returns it, for LinkKey; nullopt if nothing can be heard from there.
  [[nodiscard]] std::optional<int> listen_to(int name_space);

  // Returns what has come, but not without end: whoever changes interfaces all the time does not
  // keep the caller for ever.
  [[nodiscard]] Notices take();

 private:
  LinkMonitor(UniqueFd socket, RouteSocket routes, bool hears_all);

  void look_up_own_number();

  UniqueFd socket_;
  RouteSocket routes_;
  bool hears_all_;
  std::optional<int> own_number_ =
      std::nullopt;  // that our namespace has for itself, if it is known
};

}  // namespace tapswitch
