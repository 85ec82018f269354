// SPDX-License-Identifier: Apache-2.0
// route_socket.hpp: asks the kernel about interfaces and their addresses, and changes them, by
// rtnetlink (libnl), in the network namespace of the thread that opened it.
//
// It keeps that namespace alive for as long as it is open, so it lives no longer than a request.
// Threads: one at a time; any thread, whatever namespace that is in.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "switch/frame/mac_address.hpp"
#include "switch/system/interface_address.hpp"
#include "switch/system/kernel_error.hpp"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace tapswitch {

// The kernel's own counters of an interface, as the interface sees it: what a TAP transmits is what
// the switch receives.
struct InterfaceStatistics {
  std::uint64_t received_frames = 0;
  std::uint64_t received_dropped = 0;
  std::uint64_t transmitted_dropped = 0;
};

// Only a TUN or TAP device has these.
struct TunInfo {
  bool is_tap = false;  // frames, not bare IP
  bool is_persistent = false;
  bool is_multi_queue = false;
  bool has_header = false;              // of virtio-net before each frame, as attached last
  bool has_packet_information = false;  // likewise
  std::uint32_t queue_count = 0;        // attached to a descriptor
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
};

// Only the end of a veth has these.
struct VethInfo {
  int peer = 0;  // index of its other end
  // The number by which its namespace knows that of the other end; nullopt: that is in the same.
  std::optional<int> name_space = {};
};

struct InterfaceInfo {
  int index = 0;
  std::string name;
  bool is_ethernet = false;
  bool is_loopback = false;
  bool is_up = false;
  bool has_carrier = false;
  std::optional<MacAddress> mac;  // nullopt if its addresses are not of Ethernet
  std::uint32_t mtu = 0;
  std::uint32_t transmit_queue_length = 0;   // frames
  int master = 0;                            // index of the bridge or bond it belongs to, 0 if none
  std::uint32_t group = 0;                   // of interfaces, 0 unless somebody has said another
  std::uint32_t promiscuity = 0;             // how many have it hear what is not for it
  std::string alias;                         // what somebody has noted about it
  std::string queueing;                      // kind of its queueing discipline, as tc(8) calls it
  bool arp = true;                           // asks by ARP and answers, see ip-link(8)
  bool multicast = true;                     // joins groups, see ip-link(8)
  std::optional<std::uint8_t> address_mode;  // how IPv6 makes addresses; nullopt: it has no IPv6
  std::optional<TunInfo> tun;
  std::optional<VethInfo> veth;
  InterfaceStatistics statistics;
};

// A change says what is to change about an interface; the rest stays.
struct InterfaceChange {
  std::optional<std::string> name = {};
  std::optional<MacAddress> mac = {};
  std::optional<std::uint32_t> mtu = {};
  std::optional<bool> is_up = {};
  std::optional<int> name_space = {};  // descriptor of the namespace to move it to
  std::optional<std::uint32_t> group = {};
  std::optional<std::string> alias = {};  // "": none
  std::optional<bool> arp = {};
  std::optional<bool> multicast = {};
  std::optional<std::uint8_t> address_mode = {};  // see <linux/if_link.h>, in6_addr_gen_mode
};

// An address of an interface with all that the kernel says of it: peer, label, flags, lifetimes.
struct SavedAddress {
  InterfaceAddress address;
  std::vector<std::byte> body;  // of the kernel's message
};

// Returns what a message of type RTM_NEWLINK or RTM_DELLINK says; as far as it does.
[[nodiscard]] InterfaceInfo parse_interface(nlmsghdr* message);

class RouteSocket {
 public:
  [[nodiscard]] static KernelResult<RouteSocket> open();

  // ENODEV if there is no such interface.
  [[nodiscard]] KernelResult<InterfaceInfo> find(const std::string& interface);

  // The same by its index; in another namespace than this socket's, by the number of that one.
  [[nodiscard]] KernelResult<InterfaceInfo> find(int index, std::optional<int> name_space = {});

  // All TUN and TAP devices of the namespace. EIO if some came or went meanwhile.
  [[nodiscard]] KernelResult<std::vector<InterfaceInfo>> tun_devices();

  // The counters of one interface, or of all in the namespace, and nothing else of them, which is
  // much less work than tun_devices(). ENODEV if there is no such interface.
  using StatisticsByIndex = std::unordered_map<int, InterfaceStatistics>;
  [[nodiscard]] KernelResult<StatisticsByIndex> statistics(std::optional<int> index = {});

  // Makes every part of 'change' with one request. The kernel applies them one after another and
  // does not take back what it did before a part that fails.
  [[nodiscard]] KernelResult<void> change(int index, const InterfaceChange& change);

  [[nodiscard]] KernelResult<std::vector<InterfaceAddress>> addresses(int index);
  [[nodiscard]] KernelResult<std::vector<SavedAddress>> save_addresses(int index);
  // Gives the interface an address that it has had, as it was, perhaps under another index. No
  // error if it has it already.
  [[nodiscard]] KernelResult<void> restore_address(int index, const SavedAddress& saved);
  // EEXIST if the interface has it already.
  [[nodiscard]] KernelResult<void> add_address(int index, const InterfaceAddress& address);
  // EADDRNOTAVAIL if the interface does not have it.
  [[nodiscard]] KernelResult<void> remove_address(int index, const InterfaceAddress& address);

  // The number by which the namespace of this socket knows the one that 'name_space' is a
  // descriptor of; nullopt if it has none. A number keeps no namespace alive.
  [[nodiscard]] KernelResult<std::optional<int>> find_namespace_number(int name_space);
  // Gives it one.
  [[nodiscard]] KernelResult<std::optional<int>> give_namespace_number(int name_space);

  // For the files of this room that have requests of their own.
  [[nodiscard]] nl_sock* handle() const { return socket_.get(); }

 private:
  struct Closer {
    void operator()(nl_sock* socket) const;
  };

  explicit RouteSocket(nl_sock* socket) : socket_(socket) {}

  [[nodiscard]] KernelResult<void> edit_address(bool is_added, int index,
                                                const InterfaceAddress& address);

  std::unique_ptr<nl_sock, Closer> socket_;
};

}  // namespace tapswitch
