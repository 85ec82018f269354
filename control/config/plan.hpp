// SPDX-License-Identifier: Apache-2.0
// plan.hpp: finds what must be done to make one configuration of another. Pure: it compares two
// values.
//
// Theory of operation: ports that are new or different are made first and those that nobody wants
// any more go last, when nothing can fail any longer. Where the new needs the place of the old (a
// name, an interface, or room within a limit), the old goes first. What is equal has no step.
// A TAP that is open keeps its interface, namespace and queues, and a switch its capacity: where
// these differ, the old one goes and a new one comes in its place.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control/config/model.hpp"

namespace tapswitch::config {

// For a person: "~ vlan of alice: 10 -> 20". 'disturbs': frames that would pass before and after
// may be lost, or stations may be reached in another way than before.
struct PlanLine {
  std::string text;
  bool disturbs = false;

  bool operator==(const PlanLine&) const = default;
};

// The actions. Static entries go with their port, and ports and mirrors with their switch.
struct RemoveSwitch {
  std::string name;
};
struct RemovePort {
  std::string home;
  std::string name;
  bool is_replaced = false;  // another port takes over its interface, which stays meanwhile
};
struct AddSwitch {
  SwitchSpec spec;  // without VLAN names, ports and static entries
};
struct SetSwitch {
  SwitchSpec spec;  // the same
};
struct AddPort {
  std::string home;
  PortSpec spec;
};
struct SetPort {
  PortSpec spec;
  FarEndChange change;
};
struct NameVlan {
  std::string home;
  VlanId vid;
  std::optional<std::string> name;
};
struct RemoveStatic {
  std::string home;
  StaticEntry entry;
};
struct AddStatic {
  std::string home;
  StaticEntry entry;
};
struct RemoveMirror {
  std::string home;
  std::string name;
};
struct SetMirror {
  std::string home;
  MirrorSpec spec;  // of one that is there, or of a new one
};

struct SetSflow {
  std::optional<SflowSpec> spec;  // nullopt: it ends
};

struct Step {
  std::variant<RemoveSwitch, RemovePort, AddSwitch, SetSwitch, AddPort, SetPort, NameVlan,
               RemoveStatic, AddStatic, RemoveMirror, SetMirror, SetSflow>
      action;
  std::vector<PlanLine> lines;  // at least one
};

// Takes 'running' to 'wanted', which is as read_document() gives it.
[[nodiscard]] std::vector<Step> plan(const NetworkSpec& running, const NetworkSpec& wanted);

}  // namespace tapswitch::config
