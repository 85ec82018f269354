// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/near_ends.hpp"

#include <cstdint>
#include <random>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "switch/system/net_namespace.hpp"
#include "switch/system/route_socket.hpp"
#include "switch/system/veth_pair.hpp"
#include "tools/lab/name_spaces.hpp"

namespace tapswitch::lab {
namespace {

// The numbers by which our namespace knows those of 'name_spaces' that lead to it.
std::set<int> numbers_of(RouteSocket& ours, const std::vector<NamespaceRecord>& name_spaces) {
  std::set<int> numbers;
  for (const NamespaceRecord& record : name_spaces) {
    const auto opened = NetNamespaceRef(fmt::format("{}/{}", names_directory, record.name)).open();
    if (!opened || net_namespace_id(opened->get()) != record.id) {
      continue;
    }
    if (const auto number = ours.find_namespace_number(opened->get()); number && *number) {
      numbers.insert(**number);
    }
  }
  return numbers;
}

// A group that nobody else has, but by a chance that is none.
std::uint32_t new_group() {
  std::random_device chance;
  return std::uniform_int_distribution<std::uint32_t>(1U << 24U, 0x7fff'ffff)(chance);
}

}  // namespace

void remove_veths_to(const std::vector<NamespaceRecord>& name_spaces) {
  auto ours = RouteSocket::open();
  if (!ours) {
    return;
  }
  const std::set<int> numbers = numbers_of(*ours, name_spaces);
  const auto veths = find_veths(*ours);
  if (numbers.empty() || !veths) {
    return;
  }
  const std::uint32_t group = new_group();
  bool has_any = false;
  for (const InterfaceInfo& veth : *veths) {
    if (veth.veth && veth.veth->name_space && numbers.contains(*veth.veth->name_space)) {
      has_any = ours->change(veth.index, {.group = group}).has_value() || has_any;
    }
  }
  if (has_any) {
    std::ignore = delete_group(*ours, group);
  }
}

}  // namespace tapswitch::lab
