// SPDX-License-Identifier: Apache-2.0
// mirrors.hpp: says what is configured about a mirror, which copies frames of a switch to one of
// its ports: as a value, as JSON, and what of it does not go together with the ports and the other
// mirrors. Pure, but that names of hosts in a filter are looked up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/config/members.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/schema.hpp"
#include "switch/capture/capture_filter.hpp"
#include "switch/engine/direction.hpp"
#include "switch/forwarding/vlan_set.hpp"

namespace tapswitch::config {

struct PortSpec;

// A filter is the same as another if its text is.
struct MirrorFilter {
  std::string text;  // empty: none
  std::shared_ptr<const CaptureFilter> program = {};

  bool operator==(const MirrorFilter& other) const { return text == other.text; }
};

struct MirrorSpec {
  std::string name;
  std::set<std::string> from_ports = {};  // with a door, its guests; empty: all
  VlanSet from_vlans = {};                // only frames that belong to these; empty: all
  Directions directions = {};             // as the switch sees it
  std::string to_port = {};
  std::size_t snap_length = 0;  // 0: frames are copied whole
  MirrorFilter filter = {};

  bool operator==(const MirrorSpec&) const = default;

  [[nodiscard]] bool names(const std::string& port) const {
    return to_port == port || from_ports.contains(port);
  }
};

// By their names.
using MirrorSpecs = std::map<std::string, MirrorSpec>;

// The members of a mirror's JSON but for its name.
[[nodiscard]] std::vector<rpc::Field> mirror_fields();

// 'json' has passed its schema. Throws invalid_params for a filter that does not compile.
[[nodiscard]] MirrorSpec mirror_from_json(const std::string& name, const Json& json);
[[nodiscard]] Json to_json(const MirrorSpec& spec, Format format);

// For people: "mirror m of alice, bob to ids".
[[nodiscard]] std::string in_words(const MirrorSpec& spec);

// Returns the port of a name on any switch, and the name of that switch; null: there is none.
struct PortPlace {
  const PortSpec* port = nullptr;
  std::string home = {};
};
using FindPort = std::function<PortPlace(const std::string&)>;

// Returns why there can be no such mirror on the switch 'home', which has 'others', perhaps one of
// the same name among them; nullopt: there can. The field is one of the JSON.
[[nodiscard]] std::optional<rpc::Problem> fault_of(const MirrorSpec& spec, const std::string& home,
                                                   const MirrorSpecs& others, const FindPort& find);

// Takes out of 'mirrors' what is of those ports.
void leave_out(MirrorSpecs& mirrors, const std::set<std::string>& ports);

}  // namespace tapswitch::config
