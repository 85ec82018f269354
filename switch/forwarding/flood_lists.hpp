// SPDX-License-Identifier: Apache-2.0
// flood_lists.hpp: for each VLAN, the ports that carry it.
//
// Theory of operation: VLANs that have the same members share one list, so that a thousand trunks
// of all VLANs cost one list and not four thousand. Only trunks can carry several VLANs. Their
// distinct sets part the VLANs into classes (partition refinement: each set in turn splits every
// class that it cuts through), and each class gets one list. An access or tunnel port carries one
// VLAN; a VLAN that has any such port gets the list of its class with these ports merged in.
// Limits: the time and memory to build are those of the lists themselves and of reading the sets.
// The worst case, max_ports trunks so different that no two VLANs agree, is a list of up to
// max_ports entries for each VLAN, 32 MiB in all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/vlan_set.hpp"

namespace tapswitch {

class FloodLists {
 public:
  struct Trunk {
    PortIndex port{};
    std::uint32_t set = 0;  // among the distinct sets
  };

  struct Single {
    VlanId vid = no_vlan;
    PortIndex port{};
  };

  FloodLists() = default;

  // 'sets' are distinct; 'trunks' and 'singles' are in order of their ports.
  FloodLists(std::span<const VlanSet* const> sets, std::span<const Trunk> trunks,
             std::vector<Single> singles);

  // The ports that carry 'vid' (1 to 4094), in order of their indices.
  [[nodiscard]] std::span<const PortIndex> of(VlanId vid) const {
    if (ranges_.empty()) {
      return {};
    }
    const Range range = ranges_[vid];
    return std::span(ports_).subspan(range.begin, range.size);
  }

 private:
  // A part of ports_.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };

  // The list of each class, where 'classes_of' has the classes that each set consists of.
  [[nodiscard]] std::vector<Range> add_class_lists(
      std::size_t class_count, const std::vector<std::vector<std::uint16_t>>& classes_of,
      std::span<const Trunk> trunks);
  [[nodiscard]] Range add_merged_list(Range base, std::span<const Single> singles);

  std::vector<PortIndex> ports_;
  std::vector<Range> ranges_;  // by VlanId
};

}  // namespace tapswitch
