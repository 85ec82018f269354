// SPDX-License-Identifier: Apache-2.0
#include "switch/system/veth_pair.hpp"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "switch/system/route_request.hpp"

namespace tapswitch {

KernelResult<void> create_veth_pair(RouteSocket& routes, const NewVethPair& pair) {
  RouteRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.put(IFLA_IFNAME, pair.name);
  request.put(IFLA_MTU, pair.mtu);
  request.put(IFLA_GROUP, pair.group);
  request.nest(IFLA_LINKINFO, [&] {
    request.put(IFLA_INFO_KIND, std::string("veth"));
    request.nest(IFLA_INFO_DATA, [&] {
      request.nest(VETH_INFO_PEER, ifinfomsg{}, [&] {
        request.put(IFLA_IFNAME, pair.peer);
        request.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.name_space));
      });
    });
  });
  if (const int error = request.exchange(routes.handle())) {
    return kernel_error(error, "RTM_NEWLINK", "make", fmt::format("veth '{}'", pair.peer));
  }
  return {};
}

KernelResult<void> delete_interface(RouteSocket& routes, int index) {
  ifinfomsg header{};
  header.ifi_index = index;
  RouteRequest request(RTM_DELLINK, 0, header);
  if (const int error = request.exchange(routes.handle())) {
    return kernel_error(error, "RTM_DELLINK", "remove", fmt::format("interface {}", index));
  }
  return {};
}

KernelResult<std::vector<InterfaceInfo>> find_veths(RouteSocket& routes) {
  RouteRequest request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  request.nest(IFLA_LINKINFO, [&] { request.put(IFLA_INFO_KIND, std::string("veth")); });
  request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
  std::vector<InterfaceInfo> found;
  if (const int error = request.list(
          routes.handle(), [&] { found.clear(); },
          [&](nlmsghdr* header) { found.push_back(parse_interface(header)); })) {
    return kernel_error(error, "RTM_GETLINK", "list", "the veths");
  }
  return found;
}

KernelResult<void> delete_group(RouteSocket& routes, std::uint32_t group) {
  RouteRequest request(RTM_DELLINK, 0, ifinfomsg{});
  request.put(IFLA_GROUP, group);
  if (const int error = request.exchange(routes.handle())) {
    return kernel_error(error, "RTM_DELLINK", "remove", fmt::format("group {}", group));
  }
  return {};
}

}  // namespace tapswitch
