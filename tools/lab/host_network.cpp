// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/host_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::lab {
namespace {

// Returns errno of binding the port; 0 if it is to be had.
int fault_of_port(const Forward& forward) {
  const bool is_tcp = forward.protocol == "tcp";
  const UniqueFd socket(::socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (is_tcp) {
    // Connections of an earlier one that are not quite over are in nobody's way.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(forward.port);
  ::inet_pton(AF_INET, forward.address.c_str(), &address.sin_addr);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
             ? 0
             : errno;
}

// Returns the interfaces that have a link-local address, without which pasta does nothing.
std::set<std::string> interfaces_with_link_local() {
  std::set<std::string> found;
  std::ifstream file("/proc/thread-self/net/if_inet6");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string address, index, length, scope, flags, name;
    if (words >> address >> index >> length >> scope >> flags >> name &&
        address.starts_with("fe80")) {
      found.insert(name);
    }
  }
  return found;
}

}  // namespace

std::string fault_of_ports(const std::vector<Forward>& forwards) {
  for (const Forward& forward : forwards) {
    if (const int number = fault_of_port(forward); number != 0) {
      return fmt::format("{} port {} of the machine cannot be had at {}: {}", forward.protocol,
                         forward.port, forward.address, std::strerror(number));
    }
  }
  return {};
}

std::string ipv6_interface() {
  constexpr unsigned is_refused = 0x0200;  // RTF_REJECT
  const auto usable = interfaces_with_link_local();
  std::ifstream file("/proc/thread-self/net/ipv6_route");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string to, length, from, from_length, by, metric, users, uses, flags, name;
    if (words >> to >> length >> from >> from_length >> by >> metric >> users >> uses >> flags >>
            name &&
        length == "00" && (std::stoul(flags, nullptr, 16) & is_refused) == 0 &&
        usable.contains(name)) {
      return name;
    }
  }
  return {};
}

}  // namespace tapswitch::lab
