// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/link_reader.hpp"

#include <algorithm>
#include <utility>

namespace tapswitch {

KernelResult<InterfaceInfo> LinkReader::find(int name_space, const std::string& interface) {
  auto socket = socket_in(name_space);
  if (!socket) {
    return socket.error();
  }
  return (*socket)->find(interface);
}

KernelResult<RouteSocket*> LinkReader::socket_in(int name_space) {
  const NetNamespaceId id = net_namespace_id(name_space);
  const auto known = std::ranges::find(entries_, id, &Entry::name_space);
  if (known != entries_.end()) {
    return &known->socket;
  }
  auto socket = run_in(name_space, [] { return RouteSocket::open(); });
  if (!socket) {
    return socket.error();
  }
  if (entries_.size() == max_sockets) {
    entries_.pop_front();
  }
  entries_.push_back({.name_space = id, .socket = std::move(*socket)});
  return &entries_.back().socket;
}

}  // namespace tapswitch
