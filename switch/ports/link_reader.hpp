// SPDX-License-Identifier: Apache-2.0
// link_reader.hpp: reads how interfaces are, many of them one after another, opening one socket for
// each network namespace among them.
//
// Limits: at most 'max_sockets' namespaces are held open; beyond it the oldest is closed. It keeps
// those namespaces alive, so it lives no longer than a request.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "switch/ports/net_namespace.hpp"
#include "switch/ports/route_socket.hpp"

namespace tapswitch {

class LinkReader {
 public:
  static constexpr std::size_t max_sockets = 16;

  // The interface called 'interface' in the namespace that 'name_space' is a descriptor of.
  [[nodiscard]] KernelResult<InterfaceInfo> find(int name_space, const std::string& interface);

 private:
  struct Entry {
    NetNamespaceId name_space;
    RouteSocket socket;
  };

  [[nodiscard]] KernelResult<RouteSocket*> socket_in(int name_space);

  std::deque<Entry> entries_;
};

}  // namespace tapswitch
