// SPDX-License-Identifier: Apache-2.0
// document.hpp: the model as JSON and back: what config.get answers, and how the parameters of
// methods become specifications. The JSON given to the reading functions has passed its schema.
#pragma once

#include <cstdint>

#include "control/config/model.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::config {

constexpr int document_version = 1;

// How much of what equals its default is written.
enum class Format : std::uint8_t { full, minimal };

Json vlan_to_json(const VlanRule& rule, Format format = Format::full);
VlanRule vlan_from_json(const Json& json);

Json flood_to_json(const FloodRule& rule);

VlanSet vlan_set_from_json(const Json& json);

std::uint16_t forward_reserved_from_json(const Json& json);
Json forward_reserved_to_json(std::uint16_t bits);

// Gives the specification the values of those members that 'json' has. Throws rpc::Error if they
// do not go together.
void change(PortSpec& spec, const Json& json);
void change(SwitchSpec& spec, const Json& json);

// Those members of 'json' that are about a TAP that is open.
TapChange tap_change_from_json(const Json& json);

// A whole port or switch as in the document: without its name, which is the key there.
Json to_json(const PortSpec& spec, Format format);
Json to_json(const SwitchSpec& spec, Format format);

}  // namespace tapswitch::config
