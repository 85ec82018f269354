// SPDX-License-Identifier: Apache-2.0
// rstp_port.hpp: holds what a bridge knows of one of its ports: the variables and timers of the
// machines of 802.1D-2004 [17.17, 17.19]. Their names are those of the standard, as far as there
// are any.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "control/protocols/rstp_values.hpp"

namespace tapswitch::protocols {

enum class RstpRole : std::uint8_t { disabled, alternate, backup, root, designated };
enum class RstpState : std::uint8_t { discarding, learning, forwarding };

// Holds what a user says of a port.
struct RstpPortSettings {
  std::uint8_t priority = 128;             // in steps of 16
  std::optional<std::uint32_t> path_cost;  // nullopt: from the speed of the link
  bool admin_edge = false;                 // there is no bridge, until a BPDU is heard
  bool auto_edge = true;                   // so it is, too, where none is heard for a while
  std::optional<bool> point_to_point;      // nullopt: as the kind of port is
  bool bpdu_guard = false;                 // a BPDU shuts the port
  bool root_guard = false;                 // never the root port [17.13: restrictedRole]
  bool restricted_tcn = false;             // what changes there concerns nobody here
  bool bpdu_filter = false;                // neither sends nor heeds BPDUs

  bool operator==(const RstpPortSettings&) const = default;
};

// How the link of a port is.
struct RstpLink {
  bool is_up = false;
  bool is_point_to_point = true;
  std::uint32_t path_cost = 2'000;  // where its user has said none

  bool operator==(const RstpLink&) const = default;
};

// Runs out at a time.
class RstpTimer {
 public:
  void start(TimePoint now, std::chrono::milliseconds time) { end_ = now + time; }
  void stop() { end_ = TimePoint::min(); }
  [[nodiscard]] bool is_running(TimePoint now) const { return now < end_; }
  // Whether it is not even to be noticed that it has run out.
  [[nodiscard]] bool is_stopped() const { return end_ == TimePoint::min(); }
  [[nodiscard]] TimePoint end() const { return end_; }

 private:
  TimePoint end_ = TimePoint::min();
};

struct RstpPort {
  enum class Info : std::uint8_t { disabled, aged, mine, received };
  enum class Migration : std::uint8_t { checking, selecting, sensing };
  enum class Change : std::uint8_t { inactive, learning, active };

  PortNumber number{};
  RstpPortSettings settings;
  RstpLink link;
  bool is_shut = false;        // by bpdu_guard, until its link comes anew
  bool is_held_off = false;    // by root_guard: a better root is there
  std::uint64_t received = 0;  // BPDUs
  std::uint64_t sent = 0;
  std::uint64_t invalid = 0;  // frames to bridges that were none

  PriorityVector port_priority;
  TreeTimes port_times;
  PriorityVector designated_priority;
  TreeTimes designated_times;
  Info info = Info::disabled;
  RstpRole role = RstpRole::disabled;
  RstpRole selected_role = RstpRole::disabled;
  Migration migration = Migration::checking;
  Change change = Change::inactive;

  bool agree = false;
  bool agreed = false;
  bool disputed = false;
  bool forward = false;
  bool learn = false;
  bool learning = false;
  bool forwarding = false;
  bool new_info = false;
  bool oper_edge = false;
  bool proposed = false;
  bool proposing = false;
  bool rcvd_rstp = false;
  bool rcvd_stp = false;
  bool rcvd_tc = false;
  bool rcvd_tc_ack = false;
  bool rcvd_tcn = false;
  bool re_root = true;
  bool reselect = false;
  bool selected = false;
  bool send_rstp = true;
  bool sync = true;
  bool synced = false;
  bool tc_ack = false;
  bool tc_prop = false;
  bool updt_info = false;

  RstpTimer edge_delay;
  RstpTimer fd;  // forward delay
  RstpTimer hello;
  RstpTimer mdelay;  // migration delay
  RstpTimer rb;      // recent backup
  RstpTimer rcvd_info;
  RstpTimer rr;  // recent root
  RstpTimer tc;  // topology change
  std::uint8_t tx_count = 0;
  TimePoint tx_release{};  // when it becomes one less

  // The last that was told of it.
  RstpRole told_role = RstpRole::disabled;
  RstpState told_state = RstpState::discarding;
  bool is_told_held_off = false;
  TimePoint next = TimePoint::max();  // when something of it is due

  [[nodiscard]] bool is_enabled() const { return link.is_up && !is_shut && !settings.bpdu_filter; }
  [[nodiscard]] bool is_point_to_point() const {
    return settings.point_to_point.value_or(link.is_point_to_point);
  }
  [[nodiscard]] std::uint32_t path_cost() const {
    return settings.path_cost.value_or(link.path_cost);
  }
  [[nodiscard]] std::uint16_t id() const { return port_id(settings.priority, number); }
  [[nodiscard]] bool is_settled() const { return selected && !updt_info; }
  [[nodiscard]] bool has_active_role() const {
    return role == RstpRole::root || role == RstpRole::designated;
  }
  // Whether frames of others may come in and leave by it.
  [[nodiscard]] RstpState state() const {
    if (settings.bpdu_filter) {
      return link.is_up ? RstpState::forwarding : RstpState::discarding;
    }
    return forwarding ? RstpState::forwarding
           : learning ? RstpState::learning
                      : RstpState::discarding;
  }
  // A root port is always a recent one.
  [[nodiscard]] bool is_recent_root(TimePoint now) const {
    return role == RstpRole::root || rr.is_running(now);
  }
  [[nodiscard]] bool is_recent_backup(TimePoint now) const {
    return role == RstpRole::backup || rb.is_running(now);
  }
};

}  // namespace tapswitch::protocols
