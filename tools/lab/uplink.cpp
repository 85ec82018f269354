// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/uplink.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "control/lab/wiring.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/host_network.hpp"
#include "tools/lab/name_spaces.hpp"

namespace tapswitch::lab {
namespace {

// The two ends of pasta's interface. Link-local addresses of IPv4 are on no network that is
// to be reached; nobody but pasta sees those of IPv6.
constexpr const char* outer_address = "169.254.77.2";
constexpr const char* outer_router = "169.254.77.1";
constexpr const char* outer_bits = "30";
constexpr const char* outer_address6 = "fd74:6170:7377::2";
constexpr const char* outer_router6 = "fd74:6170:7377::1";
// Questions that are sent there are asked of the machine's own server.
constexpr const char* machine_server = "169.254.77.53";

std::string resolver_path(const std::string& directory, const std::string& uplink) {
  return fmt::format("{}/{}.resolv.conf", directory, uplink);
}

// A name with a dot at its end is never taken for a number.
std::string host_record(const std::string& node, const std::string& address) {
  return fmt::format("--host-record={}.,{}", node, address);
}

std::vector<std::string> dnsmasq_words(const UplinkSite& site) {
  const UplinkSpec& uplink = site.node.uplink;
  const Subnet& subnet = uplink.subnet;
  std::vector<std::string> words = {
      "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-",
      "--pid-file=", site.is_rootless ? "--user=root" : "--user=nobody",
      "--interface=" + uplink.interface, "--except-interface=lo", "--bind-dynamic", "--no-hosts",
      "--no-resolv", "--no-ping",
      // A name without a dot is a node's or nobody's.
      "--domain-needed", "--dhcp-ignore-names", "--dhcp-authoritative",
      fmt::format("--dhcp-leasefile={}/{}.leases", site.directory, site.node.name),
      fmt::format("--dhcp-range={},{},{},12h", subnet.at(Subnet::first_lease),
                  subnet.at(subnet.last_lease()), subnet.mask()),
      "--dhcp-option=option:router," + subnet.at(Subnet::router),
      "--dhcp-option=option:dns-server," + subnet.at(Subnet::resolver),
      host_record(site.node.name, subnet.at(Subnet::router))};
  if (site.is_rootless) {
    // In its user namespace there is nobody else, and no group may be left or joined.
    words.emplace_back("--group=");
  }
  for (const std::string& server :
       uplink.servers.value_or(std::vector<std::string>{machine_server})) {
    words.push_back("--server=" + server);
  }
  for (const UplinkStation& station : uplink.stations) {
    words.push_back(fmt::format("--dhcp-host={},{}", station.mac, station.address));
    words.push_back(host_record(station.node, station.address));
  }
  if (!uplink.prefix.empty()) {
    const std::string resolver = address_in(uplink.prefix, Subnet::resolver);
    words.insert(words.end(), {"--enable-ra",
                               fmt::format("--dhcp-range={},ra-only",
                                           uplink.prefix.substr(0, uplink.prefix.find('/'))),
                               fmt::format("--dhcp-option=option6:dns-server,[{}]",
                                           resolver.substr(0, resolver.find('/')))});
  }
  return words;
}

// Tells pasta which ports are forwarded by 'protocol'. Without a word it would forward each at
// which somebody listens.
void append_ports(std::vector<std::string>& words, const UplinkSpec& uplink,
                  const std::string& protocol) {
  const std::string option = fmt::format("--{}-ports", protocol);
  bool has_any = false;
  for (const Forward& forward : uplink.forwards) {
    if (forward.protocol == protocol) {
      words.insert(words.end(), {option, fmt::format("{}/{}", forward.address, forward.port)});
      has_any = true;
    }
  }
  if (!has_any) {
    words.insert(words.end(), {option, "none"});
  }
}

std::vector<std::string> pasta_words(const UplinkSite& site, Outside& outside) {
  const UplinkSpec& uplink = site.node.uplink;
  std::string interface6;
  outside.run([&] {
    if (const std::string fault = fault_of_ports(uplink.forwards); !fault.empty()) {
      throw Failure(fmt::format("node {}: {}", site.node.name, fault));
    }
    interface6 = uplink.prefix.empty() ? "" : ipv6_interface();
  });
  std::vector<std::string> words = {
      "pasta", "--foreground", "--stderr", "--quiet", "--config-net",
      // As nobody it could not enter the namespace. It drops the rights that it does not need.
      "--runas", "0:0",
      // The loopback of the machine is nobody else's.
      "--no-map-gw", "--no-dhcp", "--no-dhcpv6", "--no-ra",
      // An interface is wanted that there is; what leaves goes by the machine's routes.
      "--interface", interface6.empty() ? "lo" : interface6, "--ns-ifname", outer_interface,
      "--mac-addr", "02:00:a9:fe:4d:01", "--address", outer_address, "--netmask", outer_bits,
      "--gateway", outer_router, "--dns-forward", machine_server};
  if (interface6.empty()) {
    words.emplace_back("--ipv4-only");
  } else {
    words.insert(words.end(), {"--address", outer_address6, "--gateway", outer_router6});
  }
  append_ports(words, uplink, "tcp");
  append_ports(words, uplink, "udp");
  words.insert(words.end(), {"--tcp-ns", "none", "--udp-ns", "none", "--netns",
                             fmt::format("{}/{}", names_directory,
                                         namespace_name(site.lab.name, site.node.name))});
  return words;
}

// The address of the first interface of 'node' on the network of 'uplink'.
std::string address_of(const UplinkSpec& uplink, const std::string& node) {
  for (const UplinkStation& station : uplink.stations) {
    if (station.node == node) {
      return station.address;
    }
  }
  return {};
}

}  // namespace

bool is_outside(const std::string& process) { return process == "pasta"; }

std::vector<std::string> uplink_words(const UplinkSite& site, const std::string& process,
                                      Outside& outside) {
  return is_outside(process) ? pasta_words(site, outside) : dnsmasq_words(site);
}

Command address_translation(const UplinkSpec& uplink) {
  std::string incoming;
  std::string local;
  for (const Forward& forward : uplink.forwards) {
    const std::string to =
        fmt::format("{} dport {} dnat ip to {}:{}; ", forward.protocol, forward.port,
                    address_of(uplink, forward.node), forward.node_port);
    incoming += fmt::format("iifname {} {}", outer_interface, to);
    // Whatever comes in at the loopback of the machine comes out at ours.
    local += fmt::format("ip daddr 127.0.0.1 {}", to);
  }
  const std::string rules = fmt::format(
      "table inet uplink {{\n"
      "chain incoming {{ type nat hook prerouting priority dstnat; {}}}\n"
      "chain local {{ type nat hook output priority -100; {}}}\n"
      "chain leaving {{ type nat hook postrouting priority srcnat; oifname {} masquerade; "
      "ip saddr 127.0.0.0/8 oifname {} masquerade; }}\n"
      "}}",
      incoming, local, outer_interface, uplink.interface);
  return {.words = {"nft", rules}, .text = "nft"};
}

std::string resolver_file(const std::string& directory, const NodeSpec& node) {
  return node.resolver.empty() ? "" : resolver_path(directory, node.resolver);
}

void write_resolver(const std::string& directory, const NodeSpec& uplink) {
  using std::filesystem::perms;
  const std::string path = resolver_path(directory, uplink.name);
  // Written where it is: namespaces that have it mounted go on with it.
  std::ofstream file(path);
  file << fmt::format("# The uplink '{}' of the lab answers for names.\nnameserver {}\n",
                      uplink.name, uplink.uplink.subnet.at(Subnet::resolver));
  file.close();
  if (!file) {
    fail("write " + path);
  }
  // Programs of nodes need not be root.
  std::filesystem::permissions(
      path, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read);
}

}  // namespace tapswitch::lab
