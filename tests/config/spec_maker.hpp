// SPDX-License-Identifier: Apache-2.0
// spec_maker.hpp: configurations of all kinds, from a seed.
#pragma once

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "control/config/model.hpp"
#include "control/config/patches.hpp"

namespace tapswitch::config::test {

inline TapSpec& tap_of(PortSpec& spec) { return std::get<TapSpec>(spec.far_end); }
inline const TapSpec& tap_of(const PortSpec& spec) { return std::get<TapSpec>(spec.far_end); }

inline PortSpec port_named(const std::string& name) {
  PortSpec spec;
  spec.name = name;
  tap_of(spec).interface = name;
  return spec;
}

// Each member keeps its default or gets another value.
class SpecMaker {
 public:
  explicit SpecMaker(unsigned seed) : random_(seed) {}

  PortSpec port() { return port("port" + std::to_string(below(100))); }

  PortSpec port(const std::string& name) {
    PortSpec spec = port_named(name);
    TapSpec& tap = tap_of(spec);
    maybe([&] { tap.interface = "tap" + std::to_string(below(100)); });
    maybe([&] { tap.name_space = below(2) == 0 ? "lab" : "4711"; });
    maybe([&] { tap.mac = MacAddress(0x0200'0000'0000 + below(1000)); });
    maybe([&] { tap.mtu = 68 + below(60'000); });
    maybe([&] { tap.persist = true; });
    maybe([&] { tap.owner = below(2) == 0 ? "root" : "1000"; });
    maybe([&] { tap.group = "kvm"; });
    maybe([&] { tap.is_up = false; });
    maybe([&] { tap.addresses = {"10.0.0.1/24"}; });
    if (tap.mtu.value_or(1'500) >= 1'280) {
      maybe([&] { tap.addresses.emplace_back("2001:db8::1/64"); });
    }
    maybe([&] { spec.description = "to \"somewhere\""; });
    switch (below(8)) {
      case 0:
        spec.far_end = InterfaceSpec{
            .interface = tap.interface, .name_space = tap.name_space, .offload = below(2) == 0};
        break;
      case 1:
        spec.far_end = qemu();
        break;
      case 2:
        spec.far_end = VdeSpec{.directory = path(), .access = access()};
        break;
      case 3:
        spec.far_end = udp();
        break;
      case 4:
        spec.far_end = vxlan();
        break;
      default:;  // a TAP
    }
    maybe([&] { spec.rule.learning = false; });
    maybe([&] { spec.rule.isolated = true; });
    maybe([&] { spec.rule.hairpin = true; });
    maybe([&] { spec.rule.fdb_limit = 1 + below(1000); });
    maybe([&] { spec.rule.flood.unknown_unicast = false; });
    maybe([&] { spec.rule.flood.broadcast = false; });
    maybe([&] { spec.rule.storm = storm(); });
    maybe([&] { spec.rule.vlan = vlan(); });
    return spec;
  }

  // At least one class of them has a limit.
  StormRule storm() {
    StormRule rule;
    rule.of(FloodKind::multicast) = {.unit = StormLimit::Unit::share, .rate = 0.05};
    maybe([&] {
      rule.of(FloodKind::broadcast) = {
          .unit = StormLimit::Unit::frames, .rate = 1.0 + below(5'000), .burst = below(3) * 50};
    });
    maybe([&] {
      rule.of(FloodKind::unknown_unicast) = {.unit = StormLimit::Unit::bits,
                                             .rate = 1e6 * (1 + below(50)),
                                             .burst = below(3) * 65'536};
    });
    return rule;
  }

  // Up to three switches with up to eight ports in all, whose names and interfaces occur once.
  NetworkSpec network() {
    NetworkSpec network;
    for (const char* name : {"sw0", "sw1", "sw2"}) {
      maybe([&] { network.switches[name] = home(name); });
    }
    maybe([&] { network.sflow = sflow(); });
    std::set<std::string> claims;
    for (const char* name : {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"}) {
      if (network.switches.empty() || below(4) == 0) {
        continue;
      }
      PortSpec spec = port(name);
      for (auto claim = claim_of(spec.far_end); claim && !claims.insert(claim->name).second;
           claim = claim_of(spec.far_end)) {
        spec = port(name);
      }
      SwitchSpec& home =
          std::next(network.switches.begin(), below(static_cast<unsigned>(network.switches.size())))
              ->second;
      for (VlanId vid = 1; vid < 4; ++vid) {
        if (spec.rule.vlan.carries(vid) && below(2) == 0) {
          add_static(home,
                     {.vlan = vid, .mac = MacAddress(0x0200'0000'0001 + below(4)), .port = name});
        }
      }
      home.ports.push_back(std::move(spec));
    }
    Patches patches;
    add_patch(network, patches, "x1", "x2");
    add_patch(network, patches, "y1", "y2");
    for (auto& [name, home] : network.switches) {
      maybe([&, &to = home] { add_mirror(to); });
    }
    return network;
  }

  unsigned below(unsigned bound) {
    return std::uniform_int_distribution<unsigned>(0, bound - 1)(random_);
  }

 private:
  // The mirror is of some ports, or of all, to the last one that is no door. Another network may
  // have its name.
  void add_mirror(SwitchSpec& home) {
    MirrorSpec mirror{.name = home.name + "-" + std::to_string(below(2))};
    for (const PortSpec& port : home.ports) {
      if (!std::holds_alternative<VdeSpec>(port.far_end)) {
        mirror.to_port = port.name;
      }
    }
    if (mirror.to_port.empty()) {
      return;
    }
    for (const PortSpec& port : home.ports) {
      if (port.name != mirror.to_port && below(2) == 0) {
        mirror.from_ports.insert(port.name);
      }
    }
    maybe([&] { mirror.from_vlans = VlanSet::of(static_cast<VlanId>(1 + below(4094))); });
    maybe([&] { mirror.directions.in = false; });
    maybe([&] { mirror.snap_length = 64; });
    if (below(8) == 0) {
      mirror.filter = {"arp", std::make_shared<const CaptureFilter>("arp")};
    }
    home.mirrors.emplace(mirror.name, mirror);
  }

  // Perhaps: between any two switches, but for rings; perhaps one end alone. The names come after
  // those of all other ports.
  SflowSpec sflow() {
    SflowSpec spec{.collectors = {*parse_collector("192.0.2.1")}};
    maybe([&] { spec.collectors.push_back(*parse_collector("[2001:db8::1]:9000")); });
    maybe([&] { spec.agent = IpAddress::parse("192.0.2.9"); });
    maybe([&] { spec.sampling = below(1'000); });
    maybe([&] { spec.header_bytes = 14 + below(1'000); });
    maybe([&] { spec.polling_seconds = below(100); });
    maybe([&] { spec.drops_per_second = below(100); });
    return spec;
  }

  void add_patch(NetworkSpec& network, Patches& patches, const std::string& one,
                 const std::string& other) {
    std::vector<SwitchSpec*> homes;
    for (auto& [name, home] : network.switches) {
      homes.push_back(&home);
    }
    std::shuffle(homes.begin(), homes.end(), random_);
    if (homes.size() < 2 || below(3) == 0) {
      return;
    }
    const auto add = [&](SwitchSpec& home, const std::string& name, const std::string& peer) {
      PortSpec spec;
      spec.name = name;
      spec.far_end = PatchSpec{.peer = peer};
      if (!patches.add(name, home.name, peer)) {
        home.ports.push_back(spec);
      }
    };
    add(*homes[0], one, other);
    if (below(4) != 0) {
      add(*homes[1], other, one);
    }
  }

  std::string path() { return "/run/lab/" + std::to_string(below(100)); }

  SocketAccess access() {
    SocketAccess access;
    maybe([&] { access.owner = "1000"; });
    maybe([&] { access.group = "kvm"; });
    maybe([&] { access.mode = 0600 + below(8); });
    return access;
  }

  QemuSpec qemu() {
    QemuSpec spec;
    switch (below(4)) {
      case 0:
        spec.listen = "unix:" + path();
        spec.access = access();
        break;
      case 1:
        spec.listen = "tcp:127.0.0.1:" + std::to_string(1 + below(100));
        break;
      case 2:
        spec.connect = below(2) == 0 ? "unix:" + path() : "tcp:[::1]:7000";
        maybe([&] { spec.reconnect.seconds = 1 + below(3600); });
        break;
      default:
        spec.datagram = {.local = path(), .remote = "/run/lab/machine"};
        spec.access = access();
    }
    maybe([&] { spec.mtu = 68 + below(60'000); });
    return spec;
  }

  VxlanSpec vxlan() {
    const bool is_ipv6 = below(2) == 0;
    VxlanSpec spec{.vni = below(1U << 24), .remotes = {is_ipv6 ? "2001:db8::1" : "192.0.2.1"}};
    maybe([&] { spec.remotes.emplace_back(is_ipv6 ? "2001:db8::2" : "192.0.2.2"); });
    maybe([&] { spec.local = is_ipv6 ? "::1" : "127.0.0.1"; });
    maybe([&] { spec.udp_port = static_cast<std::uint16_t>(1 + below(65'535)); });
    maybe([&] { spec.source_ports = "50000-50007"; });
    maybe([&] { spec.ttl = 1 + below(255); });
    maybe([&] { spec.tos = 1 + below(255); });
    maybe([&] { spec.checksum = is_ipv6; });
    maybe([&] { spec.split_horizon = false; });
    maybe([&] { spec.mtu = 68 + below(60'000); });
    return spec;
  }

  UdpSpec udp() {
    const bool is_ipv6 = below(2) == 0;
    UdpSpec spec{.local = (is_ipv6 ? "[::1]:" : "0.0.0.0:") + std::to_string(1 + below(100)),
                 .remote = is_ipv6 ? "[2001:db8::1]:7000" : "192.0.2.1:7000"};
    maybe([&] { spec.mtu = 68 + below(60'000); });
    return spec;
  }

  static void add_static(SwitchSpec& home, const StaticEntry& added) {
    auto& entries = home.static_entries;
    const auto precedes = [](const StaticEntry& one, const StaticEntry& other) {
      return std::pair(one.vlan, one.mac) < std::pair(other.vlan, other.mac);
    };
    const auto at = std::lower_bound(entries.begin(), entries.end(), added, precedes);
    if (at == entries.end() || precedes(added, *at)) {
      entries.insert(at, added);
    }
  }

  SwitchSpec home(const std::string& name) {
    SwitchSpec spec;
    spec.name = name;
    maybe([&] { spec.ageing = std::chrono::seconds(1 + below(3)); });
    maybe([&] { spec.rule.forwarded_reserved = static_cast<std::uint16_t>(below(4)); });
    if (below(5) == 0) {
      spec.fdb_capacity = 100 + below(2);
    }
    maybe([&] { spec.vlan_names[static_cast<VlanId>(10 + below(2))] = "office"; });
    maybe([&] { spec.vlan_names[20] = below(2) == 0 ? "lab" : "shop"; });
    return spec;
  }

  template <typename Step>
  void maybe(Step step) {
    if (below(2) == 0) {
      step();
    }
  }

  // Only what the mode uses: the rest is not written.
  VlanRule vlan() {
    VlanRule rule;
    rule.mode = PortMode{static_cast<std::uint8_t>(below(3))};
    rule.pvid = static_cast<VlanId>(1 + below(4094));
    rule.acceptable = AcceptableFrames{static_cast<std::uint8_t>(below(3))};
    if (rule.mode == PortMode::trunk) {
      maybe([&] { rule.pvid = no_vlan; });
      maybe([&] { rule.native_tagged = true; });
      maybe([&] { rule.allowed = VlanSet::of(static_cast<VlanId>(1 + below(4094))); });
      maybe([&] { rule.allowed = {}; });
      maybe([&] { rule.vendor_type = TagType::vendor_9200; });
    }
    if (rule.mode == PortMode::tunnel) {
      maybe([&] { rule.tunnel_type = TagType::customer; });
      maybe([&] { rule.tunnel_type = TagType::vendor_9100; });
    }
    return rule;
  }

  std::mt19937 random_;
};

}  // namespace tapswitch::config::test
