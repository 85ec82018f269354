// SPDX-License-Identifier: Apache-2.0
#include "switch/system/route_socket.hpp"

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <span>

#include "switch/system/route_request.hpp"

namespace tapswitch {
namespace {

// As much as the kernel puts into one message of a list; more than it says of one interface that is
// not a bridge port with thousands of VLANs.
constexpr std::size_t receive_buffer_size = 32'768;

using LinkInfo = std::array<nlattr*, IFLA_INFO_MAX + 1>;

LinkInfo parse_link_info(nlattr* attribute) {
  LinkInfo info{};
  if (attribute == nullptr ||
      ::nla_parse_nested(info.data(), IFLA_INFO_MAX, attribute, nullptr) < 0) {
    info = {};
  }
  return info;
}

bool is_kind(const LinkInfo& info, const char* kind) {
  return info[IFLA_INFO_KIND] != nullptr && ::nla_strcmp(info[IFLA_INFO_KIND], kind) == 0;
}

std::optional<TunInfo> parse_tun(const LinkInfo& info) {
  std::array<nlattr*, IFLA_TUN_MAX + 1> tun{};
  if (!is_kind(info, "tun") || info[IFLA_INFO_DATA] == nullptr ||
      ::nla_parse_nested(tun.data(), IFLA_TUN_MAX, info[IFLA_INFO_DATA], nullptr) < 0) {
    return std::nullopt;
  }
  TunInfo result{.is_tap = read_attribute<std::uint8_t>(tun[IFLA_TUN_TYPE]) == IFF_TAP,
                 .is_persistent = read_attribute<std::uint8_t>(tun[IFLA_TUN_PERSIST]) != 0,
                 .is_multi_queue = read_attribute<std::uint8_t>(tun[IFLA_TUN_MULTI_QUEUE]) != 0,
                 .has_header = read_attribute<std::uint8_t>(tun[IFLA_TUN_VNET_HDR]) != 0,
                 .has_packet_information = read_attribute<std::uint8_t>(tun[IFLA_TUN_PI]) != 0,
                 .queue_count = tun[IFLA_TUN_NUM_QUEUES] != nullptr
                                    ? read_attribute<std::uint32_t>(tun[IFLA_TUN_NUM_QUEUES])
                                    : 0,
                 .owner = std::nullopt,
                 .group = std::nullopt};
  if (tun[IFLA_TUN_OWNER] != nullptr) {
    result.owner = read_attribute<uid_t>(tun[IFLA_TUN_OWNER]);
  }
  if (tun[IFLA_TUN_GROUP] != nullptr) {
    result.group = read_attribute<gid_t>(tun[IFLA_TUN_GROUP]);
  }
  return result;
}

// Nullopt if the interface has no IPv6.
std::optional<std::uint8_t> parse_address_mode(nlattr* families) {
  std::array<nlattr*, AF_INET6 + 1> family{};
  std::array<nlattr*, IFLA_INET6_MAX + 1> inet6{};
  if (families == nullptr || ::nla_parse_nested(family.data(), AF_INET6, families, nullptr) < 0 ||
      family[AF_INET6] == nullptr ||
      ::nla_parse_nested(inet6.data(), IFLA_INET6_MAX, family[AF_INET6], nullptr) < 0 ||
      inet6[IFLA_INET6_ADDR_GEN_MODE] == nullptr) {
    return std::nullopt;
  }
  return read_attribute<std::uint8_t>(inet6[IFLA_INET6_ADDR_GEN_MODE]);
}

InterfaceStatistics parse_statistics(const nlattr* attribute) {
  const auto stats = read_attribute<rtnl_link_stats64>(attribute);
  return {.received_frames = stats.rx_packets,
          .received_dropped = stats.rx_dropped,
          .transmitted_dropped = stats.tx_dropped};
}

ifinfomsg link_header() {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  return header;
}

// Asks for one interface; an error says that it cannot find 'object'.
KernelResult<InterfaceInfo> ask_for(nl_sock* socket, RouteRequest& request,
                                    std::string_view object) {
  request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
  InterfaceInfo info;
  if (const int error =
          request.exchange(socket, [&info](nlmsghdr* answer) { info = parse_interface(answer); })) {
    return kernel_error(error, "RTM_GETLINK", "find", object);
  }
  return info;
}

}  // namespace

InterfaceInfo parse_interface(nlmsghdr* header) {
  std::array<nlattr*, IFLA_MAX + 1> attributes{};
  const auto& link = *static_cast<const ifinfomsg*>(::nlmsg_data(header));
  InterfaceInfo info;
  if (::nlmsg_parse(header, sizeof link, attributes.data(), IFLA_MAX, nullptr) < 0) {
    return info;
  }
  info.index = link.ifi_index;
  info.is_ethernet = link.ifi_type == ARPHRD_ETHER;
  info.is_loopback = link.ifi_type == ARPHRD_LOOPBACK;
  info.is_up = (link.ifi_flags & IFF_UP) != 0;
  info.has_carrier = read_attribute<std::uint8_t>(attributes[IFLA_CARRIER]) != 0;
  if (attributes[IFLA_IFNAME] != nullptr) {
    info.name = ::nla_get_string(attributes[IFLA_IFNAME]);
  }
  if (info.is_ethernet && attributes[IFLA_ADDRESS] != nullptr &&
      attribute_octets(attributes[IFLA_ADDRESS]).size() == MacAddress::size) {
    info.mac = MacAddress::read(attribute_octets(attributes[IFLA_ADDRESS]).data());
  }
  info.mtu = read_attribute<std::uint32_t>(attributes[IFLA_MTU]);
  info.transmit_queue_length = read_attribute<std::uint32_t>(attributes[IFLA_TXQLEN]);
  info.master = read_attribute<std::int32_t>(attributes[IFLA_MASTER]);
  info.group = read_attribute<std::uint32_t>(attributes[IFLA_GROUP]);
  info.promiscuity = read_attribute<std::uint32_t>(attributes[IFLA_PROMISCUITY]);
  if (attributes[IFLA_IFALIAS] != nullptr) {
    info.alias = ::nla_get_string(attributes[IFLA_IFALIAS]);
  }
  info.arp = (link.ifi_flags & IFF_NOARP) == 0;
  info.multicast = (link.ifi_flags & IFF_MULTICAST) != 0;
  if (attributes[IFLA_QDISC] != nullptr) {
    info.queueing = ::nla_get_string(attributes[IFLA_QDISC]);
  }
  info.address_mode = parse_address_mode(attributes[IFLA_AF_SPEC]);
  const LinkInfo link_info = parse_link_info(attributes[IFLA_LINKINFO]);
  info.tun = parse_tun(link_info);
  if (is_kind(link_info, "veth")) {
    info.veth = VethInfo{.peer = read_attribute<std::int32_t>(attributes[IFLA_LINK])};
    if (attributes[IFLA_LINK_NETNSID] != nullptr) {
      info.veth->name_space = read_attribute<std::int32_t>(attributes[IFLA_LINK_NETNSID]);
    }
  }
  info.statistics = parse_statistics(attributes[IFLA_STATS64]);
  return info;
}

void RouteSocket::Closer::operator()(nl_sock* socket) const { ::nl_socket_free(socket); }

KernelResult<RouteSocket> RouteSocket::open() {
  RouteSocket result(::nl_socket_alloc());
  nl_sock* const socket = result.socket_.get();
  if (socket == nullptr) {
    return kernel_error(ENOMEM, "socket", "open", "a routing socket");
  }
  // libnl reports its own numbers here; errno is still that of the call that failed.
  errno = 0;
  if (::nl_connect(socket, NETLINK_ROUTE) < 0) {
    return kernel_error(errno != 0 ? errno : EIO, "socket", "open", "a routing socket");
  }
  ::nl_socket_set_msg_buf_size(socket, receive_buffer_size);
  ::nl_socket_disable_msg_peek(socket);
  return result;
}

KernelResult<InterfaceInfo> RouteSocket::find(const std::string& interface) {
  RouteRequest request(RTM_GETLINK, 0, link_header());
  request.put(IFLA_IFNAME, interface);
  return ask_for(socket_.get(), request, fmt::format("interface '{}'", interface));
}

KernelResult<InterfaceInfo> RouteSocket::find(int index, std::optional<int> name_space) {
  ifinfomsg header = link_header();
  header.ifi_index = index;
  RouteRequest request(RTM_GETLINK, 0, header);
  if (name_space) {
    request.put(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*name_space));
  }
  return ask_for(socket_.get(), request, fmt::format("interface {}", index));
}

KernelResult<std::vector<InterfaceInfo>> RouteSocket::tun_devices() {
  RouteRequest request(RTM_GETLINK, NLM_F_DUMP, link_header());
  request.nest(IFLA_LINKINFO, [&] { request.put(IFLA_INFO_KIND, std::string("tun")); });
  // Else the kernel adds up what IPv6 counted on every processor, for each interface.
  request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
  std::vector<InterfaceInfo> found;
  if (const int error = request.list(
          socket_.get(), [&] { found.clear(); },
          [&](nlmsghdr* header) { found.push_back(parse_interface(header)); })) {
    return kernel_error(error, "RTM_GETLINK", "list", "the interfaces");
  }
  return found;
}

KernelResult<RouteSocket::StatisticsByIndex> RouteSocket::statistics(std::optional<int> index) {
  if_stats_msg header{};
  header.ifindex = static_cast<std::uint32_t>(index.value_or(0));
  header.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  RouteRequest request(RTM_GETSTATS, index ? 0 : NLM_F_DUMP, header);
  StatisticsByIndex found;
  const auto forget = [&] { found.clear(); };
  const int error = request.list(socket_.get(), forget, [&](nlmsghdr* answer) {
    std::array<nlattr*, IFLA_STATS_MAX + 1> attributes{};
    const auto& about = *static_cast<const if_stats_msg*>(::nlmsg_data(answer));
    if (::nlmsg_parse(answer, sizeof about, attributes.data(), IFLA_STATS_MAX, nullptr) >= 0) {
      found.emplace(static_cast<int>(about.ifindex),
                    parse_statistics(attributes[IFLA_STATS_LINK_64]));
    }
  });
  if (error != 0) {
    return kernel_error(error, "RTM_GETSTATS", "list", "the counters of interfaces");
  }
  return found;
}

KernelResult<void> RouteSocket::change(int index, const InterfaceChange& change) {
  ifinfomsg header = link_header();
  header.ifi_index = index;
  const auto set_flag = [&header](unsigned flag, bool is_set) {
    header.ifi_change |= flag;
    header.ifi_flags |= is_set ? flag : 0U;
  };
  if (change.is_up) {
    set_flag(IFF_UP, *change.is_up);
  }
  if (change.arp) {
    set_flag(IFF_NOARP, !*change.arp);
  }
  if (change.multicast) {
    set_flag(IFF_MULTICAST, *change.multicast);
  }
  RouteRequest request(RTM_NEWLINK, 0, header);
  if (change.name_space) {
    request.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(*change.name_space));
  }
  if (change.name) {
    request.put(IFLA_IFNAME, *change.name);
  }
  if (change.mac) {
    std::array<std::byte, MacAddress::size> octets{};
    change.mac->write(octets.data());
    request.put(IFLA_ADDRESS, octets);
  }
  if (change.mtu) {
    request.put(IFLA_MTU, *change.mtu);
  }
  if (change.group) {
    request.put(IFLA_GROUP, *change.group);
  }
  if (change.alias) {
    request.put(IFLA_IFALIAS, std::as_bytes(std::span(*change.alias)));
  }
  if (change.address_mode) {
    request.nest(IFLA_AF_SPEC, [&] {
      request.nest(AF_INET6, [&] {
        request.put(IFLA_INET6_ADDR_GEN_MODE, std::as_bytes(std::span(&*change.address_mode, 1)));
      });
    });
  }
  if (const int error = request.exchange(socket_.get())) {
    return kernel_error(error, "RTM_NEWLINK", "change", fmt::format("interface {}", index));
  }
  return {};
}

KernelResult<std::vector<InterfaceAddress>> RouteSocket::addresses(int index) {
  const auto saved = save_addresses(index);
  if (!saved) {
    return saved.error();
  }
  std::vector<InterfaceAddress> found;
  std::ranges::transform(*saved, std::back_inserter(found), &SavedAddress::address);
  return found;
}

KernelResult<std::vector<SavedAddress>> RouteSocket::save_addresses(int index) {
  ifaddrmsg header{};
  header.ifa_family = AF_UNSPEC;
  RouteRequest request(RTM_GETADDR, NLM_F_DUMP, header);
  std::vector<SavedAddress> found;
  const auto forget = [&] { found.clear(); };
  const int error = request.list(socket_.get(), forget, [&](nlmsghdr* answer) {
    std::array<nlattr*, IFA_MAX + 1> attributes{};
    const auto& address = *static_cast<const ifaddrmsg*>(::nlmsg_data(answer));
    if (address.ifa_index != static_cast<unsigned>(index) ||
        ::nlmsg_parse(answer, sizeof address, attributes.data(), IFA_MAX, nullptr) < 0) {
      return;
    }
    // IFA_ADDRESS is the far end's on a point-to-point link; IPv6 has IFA_LOCAL only there.
    const nlattr* const local =
        attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    if (local == nullptr) {
      return;
    }
    if (auto parsed =
            InterfaceAddress::from_octets(attribute_octets(local), address.ifa_prefixlen)) {
      const auto* const body = static_cast<const std::byte*>(::nlmsg_data(answer));
      found.push_back({.address = *parsed,
                       .body = {body, body + static_cast<std::size_t>(::nlmsg_datalen(answer))}});
    }
  });
  if (error != 0) {
    return kernel_error(error, "RTM_GETADDR", "list", "the addresses of interfaces");
  }
  return found;
}

KernelResult<void> RouteSocket::restore_address(int index, const SavedAddress& saved) {
  std::vector<std::byte> body = saved.body;
  const auto number = static_cast<std::uint32_t>(index);
  std::memcpy(&body[offsetof(ifaddrmsg, ifa_index)], &number, sizeof number);
  RouteRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, std::span<const std::byte>(body));
  if (const int error = request.exchange(socket_.get()); error != 0 && error != EEXIST) {
    return kernel_error(error, "RTM_NEWADDR", "add", "address " + saved.address.to_string());
  }
  return {};
}

KernelResult<void> RouteSocket::add_address(int index, const InterfaceAddress& address) {
  return edit_address(true, index, address);
}

KernelResult<void> RouteSocket::remove_address(int index, const InterfaceAddress& address) {
  return edit_address(false, index, address);
}

KernelResult<std::optional<int>> RouteSocket::find_namespace_number(int name_space) {
  RouteRequest request(RTM_GETNSID, 0, rtgenmsg{.rtgen_family = AF_UNSPEC});
  request.put(NETNSA_FD, static_cast<std::uint32_t>(name_space));
  int number = NETNSA_NSID_NOT_ASSIGNED;
  const int error = request.exchange(socket_.get(), [&number](nlmsghdr* answer) {
    std::array<nlattr*, NETNSA_MAX + 1> attributes{};
    if (::nlmsg_parse(answer, sizeof(rtgenmsg), attributes.data(), NETNSA_MAX, nullptr) >= 0 &&
        attributes[NETNSA_NSID] != nullptr) {
      number = read_attribute<std::int32_t>(attributes[NETNSA_NSID]);
    }
  });
  if (error != 0) {
    return kernel_error(error, "RTM_GETNSID", "find", "the number of a network namespace");
  }
  return number == NETNSA_NSID_NOT_ASSIGNED ? std::optional<int>() : std::optional(number);
}

KernelResult<std::optional<int>> RouteSocket::give_namespace_number(int name_space) {
  RouteRequest request(RTM_NEWNSID, 0, rtgenmsg{.rtgen_family = AF_UNSPEC});
  request.put(NETNSA_FD, static_cast<std::uint32_t>(name_space));
  request.put(NETNSA_NSID, static_cast<std::uint32_t>(NETNSA_NSID_NOT_ASSIGNED));  // any
  // EEXIST: somebody else was faster.
  if (const int error = request.exchange(socket_.get()); error != 0 && error != EEXIST) {
    return kernel_error(error, "RTM_NEWNSID", "give", "a number to a network namespace");
  }
  return find_namespace_number(name_space);
}

KernelResult<void> RouteSocket::edit_address(bool is_added, int index,
                                             const InterfaceAddress& address) {
  ifaddrmsg header{};
  header.ifa_family = address.family() == InterfaceAddress::Family::ipv4 ? AF_INET : AF_INET6;
  header.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix_length());
  header.ifa_index = static_cast<unsigned>(index);
  const int type = is_added ? RTM_NEWADDR : RTM_DELADDR;
  RouteRequest request(type, is_added ? NLM_F_CREATE | NLM_F_EXCL : 0, header);
  request.put(IFA_LOCAL, address.octets());
  request.put(IFA_ADDRESS, address.octets());
  if (const int error = request.exchange(socket_.get())) {
    return kernel_error(error, is_added ? "RTM_NEWADDR" : "RTM_DELADDR",
                        is_added ? "add" : "remove", "address " + address.to_string());
  }
  return {};
}

}  // namespace tapswitch
