// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/vlan_change.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {

namespace {

// A member says where it belongs, and how to get there.
struct Member {
  std::string_view name;
  std::string_view of_what;
  std::string_view remedy;
};

constexpr std::string_view make_trunk = "add --trunk VLANS, or --trunk all, to make it a trunk";

constexpr std::array<Member, 6> members = {{
    {"native", "a trunk", make_trunk},
    {"native_tagged", "a trunk", make_trunk},
    {"allowed", "a trunk", make_trunk},
    {"vendor_ethertype", "a trunk", make_trunk},
    {"pvid", "an access port or a tunnel", "say --vlan N to make it an access port of VLAN N"},
    {"ethertype", "a tunnel", "add --tunnel VLAN to make it a tunnel"},
}};

std::string described(const Json& vlan) {
  const std::string mode = text_at(vlan, "mode");
  return mode == "access" ? fmt::format("an access port of VLAN {}", text_at(vlan, "pvid"))
                          : fmt::format("a {} port", mode);
}

std::string mismatch(const std::string& port, const Json& present, const std::string& name) {
  std::string option = name;
  std::replace(option.begin(), option.end(), '_', '-');
  const auto* const member = std::find_if(members.begin(), members.end(),
                                          [&](const Member& each) { return each.name == name; });
  if (member == members.end()) {
    return fmt::format("port '{}' is {}, which has no {}: give its --mode too", port,
                       described(present), printable(name));
  }
  return fmt::format("--{} is for {}, but port '{}' is {}: {}", option, member->of_what, port,
                     described(present), member->remedy);
}

}  // namespace

bool keeps_vlan_mode(const rpc::Method& method, const Json& params) {
  const auto vlan = params.find("vlan");
  return method.name == "port.set" && vlan != params.end() && vlan->is_object() && !vlan->empty() &&
         !vlan->contains("mode");
}

Json changed_vlan(const std::string& port, const Json& present, const Json& change) {
  Json vlan = present;
  for (const auto& [name, value] : change.items()) {
    // port.get tells every member that the mode has.
    if (!present.contains(name)) {
      throw ModeMismatch(mismatch(port, present, name));
    }
    vlan[name] = value;
  }
  return vlan;
}

}  // namespace tapswitch::tapctl
