// SPDX-License-Identifier: Apache-2.0
#include "switch/system/link_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tapswitch {

KernelResult<InterfaceInfo> LinkReader::find(int name_space, const std::string& interface) {
  auto found = entry_of(name_space);
  if (!found) {
    return found.error();
  }
  Entry& entry = **found;
  if (entry.questions++ == questions_before_list) {
    entry.fill_list();
  }
  const auto listed = entry.list.find(interface);
  return listed != entry.list.end() ? KernelResult<InterfaceInfo>(listed->second)
                                    : entry.socket.find(interface);
}

KernelResult<RouteSocket*> LinkReader::routes(int name_space) {
  auto found = entry_of(name_space);
  return found ? KernelResult<RouteSocket*>(&(*found)->socket) : found.error();
}

KernelResult<InterfaceStatistics> LinkReader::statistics(int index) {
  if (!statistics_socket_) {
    auto socket = RouteSocket::open();
    if (!socket) {
      return socket.error();
    }
    statistics_socket_ = std::move(*socket);
  }
  const std::size_t question = statistics_questions_++;
  if (question <= questions_before_list) {
    const bool is_list = question == questions_before_list;
    auto answer = statistics_socket_->statistics(is_list ? std::nullopt : std::optional(index));
    if (!answer) {
      return answer.error();
    }
    statistics_ = std::move(*answer);
  }
  const auto found = statistics_.find(index);
  if (found == statistics_.end()) {
    return kernel_error(ENODEV, "RTM_GETSTATS", "find", "the counters of an interface");
  }
  return found->second;
}

// Without a list all goes on as before, only slower.
void LinkReader::Entry::fill_list() {
  if (auto devices = socket.tun_devices()) {
    for (InterfaceInfo& info : *devices) {
      list.emplace(info.name, std::move(info));
    }
  }
}

KernelResult<LinkReader::Entry*> LinkReader::entry_of(int name_space) {
  const NetNamespaceId id = net_namespace_id(name_space);
  const auto known = std::ranges::find(entries_, id, &Entry::name_space);
  if (known != entries_.end()) {
    return &*known;
  }
  auto socket = run_in(name_space, [] { return RouteSocket::open(); });
  if (!socket) {
    return socket.error();
  }
  if (entries_.size() == max_sockets) {
    entries_.pop_front();
  }
  entries_.push_back({.name_space = id, .socket = std::move(*socket)});
  return &entries_.back();
}

}  // namespace tapswitch
