// SPDX-License-Identifier: Apache-2.0
// link_reader.hpp: reads how interfaces are, many of them one after another, opening one socket for
// each network namespace among them.
//
// Theory of operation: to ask about interfaces one by one costs the kernel and us far more than a
// list of them all. So the first few of a namespace are asked about by name, and from then on the
// answers come from a list of its TAPs, made once. What is not in the list, because it was renamed
// or moved there since, is again asked about by name.
// Limits: at most 'max_sockets' namespaces are held open; beyond it the oldest is closed. It keeps
// those namespaces alive and its lists grow old, so it lives no longer than a request.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "switch/system/net_namespace.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

class LinkReader {
 public:
  static constexpr std::size_t max_sockets = 16;
  static constexpr std::size_t questions_before_list = 8;

  // The interface called 'interface' in the namespace that 'name_space' is a descriptor of.
  [[nodiscard]] KernelResult<InterfaceInfo> find(int name_space, const std::string& interface);

  // The socket by which it asks in that namespace, for other questions; good until the next call.
  [[nodiscard]] KernelResult<RouteSocket*> routes(int name_space);

  // The counters of interface 'index' in the namespace of the calling thread, which must be the
  // same each time. Asked for one by one and then as a list, in the same way. ENODEV if there is
  // none.
  [[nodiscard]] KernelResult<InterfaceStatistics> statistics(int index);

 private:
  struct Entry {
    NetNamespaceId name_space;
    RouteSocket socket;
    std::size_t questions = 0;
    std::unordered_map<std::string, InterfaceInfo> list{};  // by name

    void fill_list();
  };

  [[nodiscard]] KernelResult<Entry*> entry_of(int name_space);

  std::deque<Entry> entries_;
  std::optional<RouteSocket> statistics_socket_;
  std::size_t statistics_questions_ = 0;
  RouteSocket::StatisticsByIndex statistics_;  // of all, once several were asked for
};

}  // namespace tapswitch
