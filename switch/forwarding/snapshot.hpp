// SPDX-License-Identifier: Apache-2.0
// snapshot.hpp: the immutable picture of one switch that the workers forward by.
//
// Theory of operation: a snapshot is built whole from the rules of all ports and then only read, by
// all workers at once. What deciding needs of a port fits into half a cache line; the sets of VLANs
// that trunks carry are kept once for all trunks that agree.
// Limits: max_ports ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/forwarding/flood_lists.hpp"
#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/port_rule.hpp"

namespace tapswitch {

// A PortRule as the workers read it. Lives as long as its snapshot.
class PortView {
 public:
  // Stands where no port is.
  PortView() = default;

  // 'set': what 'rule' carries if it is a trunk, otherwise empty; it must outlive the view.
  PortView(const PortRule& rule, const VlanSet& set);

  [[nodiscard]] bool is_present() const { return set_ != nullptr; }

  // 'vid' is 1 to 4094 here and below.
  [[nodiscard]] bool carries(VlanId vid) const { return vid == pvid_ || set_->contains(vid); }
  [[nodiscard]] bool sends_tagged(VlanId vid) const { return vid != untagged_vid_; }

  // The VLAN whose frames leave untagged, or no_vlan.
  [[nodiscard]] VlanId untagged_vid() const { return untagged_vid_; }
  // Returns what a trunk carries, and nothing for any other port. Requires: is_present().
  [[nodiscard]] const VlanSet& trunk_vlans() const { return *set_; }

  // The VLAN of frames that come in without one, or no_vlan.
  [[nodiscard]] VlanId pvid() const { return pvid_; }
  [[nodiscard]] AcceptableFrames acceptable() const { return acceptable_; }
  [[nodiscard]] bool is_tunnel() const { return is_tunnel_; }
  [[nodiscard]] TagType tunnel_type() const { return tag_type_; }

  // Whether tags of a vendor's type name VLANs, and which. Requires: is_tunnel() is false.
  [[nodiscard]] bool has_vendor_type() const { return tag_type_ != TagType::customer; }
  [[nodiscard]] TagType vendor_type() const { return tag_type_; }

  [[nodiscard]] const FloodRule& flood() const { return flood_; }
  [[nodiscard]] bool learning() const { return learning_; }
  [[nodiscard]] bool isolated() const { return isolated_; }
  [[nodiscard]] bool split_horizon() const { return split_horizon_; }
  [[nodiscard]] bool hairpin() const { return hairpin_; }
  [[nodiscard]] bool takes_kernel_path() const { return takes_kernel_path_; }
  [[nodiscard]] std::uint32_t fdb_limit() const { return fdb_limit_; }
  // Whether Snapshot::storm_rules() has one of it.
  [[nodiscard]] bool has_storm_rule() const { return has_storm_rule_; }

 private:
  const VlanSet* set_ = nullptr;
  std::uint32_t fdb_limit_ = 0;
  VlanId pvid_ = no_vlan;
  VlanId untagged_vid_ = no_vlan;
  TagType tag_type_{};
  AcceptableFrames acceptable_{};
  bool is_tunnel_ = false;
  FloodRule flood_;
  bool learning_ = false;
  bool isolated_ = false;
  bool split_horizon_ = false;
  bool hairpin_ = false;
  bool takes_kernel_path_ = true;
  bool has_storm_rule_ = false;
};

static_assert(sizeof(PortView) <= 32);

class Snapshot {
 public:
  // Without any port.
  Snapshot() = default;

  // 'ports' by PortIndex, at most max_ports; nullopt where no port is.
  Snapshot(SwitchRule rule, std::span<const std::optional<PortRule>> ports);

  // The views refer to sets of this snapshot: it may be moved, not copied.
  Snapshot(Snapshot&&) = default;
  Snapshot& operator=(Snapshot&&) = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() = default;

  [[nodiscard]] const SwitchRule& rule() const { return rule_; }

  // Whether there is a port at 'index'. An FDB entry may outlive its port for a moment.
  [[nodiscard]] bool has_port(PortIndex index) const {
    return to_size(index) < ports_.size() && port(index).is_present();
  }

  // The port at 'index'; has_port('index') must hold.
  [[nodiscard]] const PortView& port(PortIndex index) const { return ports_[to_size(index)]; }

  // The rules of storm control of the ports that have one, in order of their indices.
  [[nodiscard]] std::span<const std::pair<PortIndex, StormRule>> storm_rules() const {
    return storm_rules_;
  }

  // The ports that carry 'vid' (1 to 4094), in order of their indices.
  [[nodiscard]] std::span<const PortIndex> flood_list(VlanId vid) const {
    return flood_lists_.of(vid);
  }

 private:
  SwitchRule rule_;
  std::vector<std::unique_ptr<const VlanSet>> sets_;  // distinct
  std::vector<PortView> ports_;                       // by PortIndex
  std::vector<std::pair<PortIndex, StormRule>> storm_rules_;
  FloodLists flood_lists_;
};

}  // namespace tapswitch
