// SPDX-License-Identifier: Apache-2.0
// service_manager.hpp: the daemon's side of systemd: the sockets it was started with, and the
// words "ready", "alive" and "stopping". The protocol is an environment and a datagram socket
// (sd_listen_fds(3), sd_notify(3)); started by hand, all of this does nothing. See ADR 0030.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::daemon {

struct PassedSocket {
  std::string name;  // FileDescriptorName= of its unit
  UniqueFd fd;
  UniqueFd lock = UniqueFd();  // on its path, if it comes from a predecessor
};

class ServiceManager {
 public:
  // Takes what is meant for this process out of the environment.
  ServiceManager();

  // Names of descriptors that are stored begin so: it tells them from sockets.
  static constexpr std::string_view stored_prefix = "network-";

  // The sockets it was started with, and what the daemon before has stored; each once.
  [[nodiscard]] std::vector<PassedSocket> take_sockets() { return std::move(sockets_); }

  [[nodiscard]] std::vector<PassedSocket> take_stored() { return std::move(stored_); }

  // Has the manager keep 'fd' when we end, or keep it no longer. Waits a while for it to listen;
  // throws std::runtime_error if it does not.
  void store(std::string_view name, int fd) const;
  void forget_stored(std::string_view name) const;

  // Returns when it has heard all that was said: what it hears after our end is worth nothing.
  void wait_until_heard() const;

  // Whether there is one.
  [[nodiscard]] bool is_there() const { return notify_.is_open(); }

  void say_ready(std::string_view status) const;
  void say_alive() const;
  void say_stopping() const;

 private:
  void say(std::string_view words) const;
  void say_surely(std::string_view words, std::span<const int> descriptors) const;

  std::vector<PassedSocket> sockets_;
  std::vector<PassedSocket> stored_;
  UniqueFd notify_;
};

}  // namespace tapswitch::daemon
