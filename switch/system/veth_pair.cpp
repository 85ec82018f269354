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

}  // namespace tapswitch
