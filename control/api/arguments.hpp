// SPDX-License-Identifier: Apache-2.0
// arguments.hpp: how handlers read the switch's own kinds of value from their parameters, which
// have passed their schema, and answer a dry run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "control/rpc/descriptors.hpp"
#include "control/rpc/dispatcher.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"
#include "control/rpc/params.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/frame/vlan_tag.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::api {

using rpc::boolean_or;
using rpc::optional_text;

inline std::optional<VlanId> optional_vlan(const Json& params) {
  const Json* vid = rpc::find_member(params, "vlan");
  return vid != nullptr ? std::optional(vid->get<VlanId>()) : std::nullopt;
}

inline std::optional<MacAddress> optional_mac(const Json& params) {
  const auto text = optional_text(params, "mac");
  return text ? MacAddress::parse(*text) : std::nullopt;
}

// Returns those that came with the line. Throws rpc::Error if none did.
inline rpc::Descriptors& descriptors_of(const rpc::Caller& caller) {
  if (caller.descriptors == nullptr) {
    throw rpc::invalid_params({{"fd", "no descriptor came with this line",
                                "one sent as SCM_RIGHTS with the message that ends the line"}});
  }
  return *caller.descriptors;
}

// The one that "fd" says.
inline UniqueFd take_descriptor(const Json& params, const rpc::Caller& caller) {
  return descriptors_of(caller).take(params.at("fd").get<std::size_t>());
}

inline bool is_dry_run(const Json& params) { return boolean_or(params, "dry_run", false); }

// Returns what a dry run answers: the step that a real one would take.
inline Json plan(std::string step) { return {{"plan", Json::array({std::move(step)})}}; }

}  // namespace tapswitch::api
