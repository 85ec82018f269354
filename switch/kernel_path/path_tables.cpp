// SPDX-License-Identifier: Apache-2.0
#include "switch/kernel_path/path_tables.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>
#include <vector>

namespace tapswitch {
namespace {

static_assert(path_vlan_words == VlanSet::word_count);

path_place place_of(const path_port& port) {
  return {.switch_number = port.switch_number, .index = port.index};
}

std::uint32_t flags_of(const PortView& view) {
  const bool needs_tag = view.acceptable() == AcceptableFrames::tagged || view.pvid() == no_vlan;
  std::uint32_t flags = 0;
  for (const auto& [flag, is_set] :
       {std::pair{path_learns, view.learning()}, std::pair{path_is_isolated, view.isolated()},
        std::pair{path_has_split_horizon, view.split_horizon()},
        std::pair{path_is_hairpin, view.hairpin()}, std::pair{path_is_tunnel, view.is_tunnel()},
        std::pair{path_refuses_tagged, view.acceptable() == AcceptableFrames::untagged},
        std::pair{path_refuses_untagged, needs_tag}}) {
    flags |= is_set ? std::uint32_t{flag} : 0U;
  }
  return flags;
}

// Returns what each processor has counted.
template <class Counters, class Key>
std::vector<Counters> read_counters(int map, const Key& key) {
  std::vector<Counters> counters(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  if (::bpf_map_lookup_elem(map, &key, counters.data()) != 0) {
    counters.clear();
  }
  return counters;
}

}  // namespace

path_port path_port_of(const PortView& view) {
  path_port port{};
  port.flags = flags_of(view);
  port.pvid = view.pvid();
  port.untagged_vid = view.untagged_vid();
  port.new_tag_type =
      static_cast<std::uint16_t>(view.is_tunnel() ? view.tunnel_type() : TagType::customer);
  if (!view.is_tunnel() && view.has_vendor_type()) {
    port.vendor_type = static_cast<std::uint16_t>(view.vendor_type());
  }
  const auto words = view.trunk_vlans().words();
  std::copy(words.begin(), words.end(), std::begin(port.vlans));
  return port;
}

path_station path_station_of(std::uint32_t switch_number, Station station) {
  path_station key{.switch_number = switch_number, .vid = station.vid, .mac = {}};
  station.mac.write(reinterpret_cast<std::byte*>(key.mac));
  return key;
}

PathTables::PathTables(const PathProgram& program)
    : ingress_(program.map("path_ingress")),
      egress_(program.map("path_egress")),
      switches_(program.map("path_switches")),
      stations_(program.map("path_stations")),
      counters_(program.map("path_counters")),
      vlans_(program.map("path_vlans")) {}

void PathTables::set_switch(std::uint32_t number, const path_switch& home) {
  assert(number < path_most_switches);
  (void)::bpf_map_update_elem(switches_, &number, &home, BPF_ANY);
}

// First the place, for a frame that comes in may look for it.
bool PathTables::put_port(const path_port& port) {
  const path_place place = place_of(port);
  if (::bpf_map_update_elem(egress_, &place, &port, BPF_ANY) == 0 &&
      ::bpf_map_update_elem(ingress_, &port.ifindex, &port, BPF_ANY) == 0) {
    return true;
  }
  remove_port(port);
  return false;
}

void PathTables::remove_port(const path_port& port) {
  const path_place place = place_of(port);
  (void)::bpf_map_delete_elem(ingress_, &port.ifindex);
  (void)::bpf_map_delete_elem(egress_, &place);
}

bool PathTables::put_station(const path_station& station, const path_known& known) {
  if (::bpf_map_update_elem(stations_, &station, &known, BPF_ANY) == 0) {
    return true;
  }
  // The entry that was there is not true any more.
  remove_station(station);
  return false;
}

void PathTables::remove_station(const path_station& station) {
  (void)::bpf_map_delete_elem(stations_, &station);
}

std::optional<path_known> PathTables::find_station(const path_station& station) const {
  path_known known{};
  return ::bpf_map_lookup_elem(stations_, &station, &known) == 0 ? std::optional(known)
                                                                 : std::nullopt;
}

path_port_counters PathTables::port_counters(std::uint32_t place) const {
  path_port_counters sum{};
  for (const auto& part : read_counters<path_port_counters>(counters_, place)) {
    sum.in_octets += part.in_octets;
    sum.in_frames += part.in_frames;
    sum.out_octets += part.out_octets;
    sum.out_frames += part.out_frames;
  }
  return sum;
}

void PathTables::clear_port_counters(std::uint32_t place) {
  const std::vector<path_port_counters> none(
      static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  (void)::bpf_map_update_elem(counters_, &place, none.data(), BPF_ANY);
}

path_vlan_counters PathTables::vlan_counters(const path_vlan& vlan) const {
  path_vlan_counters sum{};
  for (const auto& part : read_counters<path_vlan_counters>(vlans_, vlan)) {
    sum.in_frames += part.in_frames;
    sum.in_octets += part.in_octets;
  }
  return sum;
}

void PathTables::remove_vlan(const path_vlan& vlan) { (void)::bpf_map_delete_elem(vlans_, &vlan); }

}  // namespace tapswitch
