// SPDX-License-Identifier: Apache-2.0
// document.hpp: the model as JSON and back: what config.get answers, and how the parameters of
// methods become specifications. The JSON given to the reading functions has passed its schema.
#pragma once

#include <cstddef>
#include <cstdint>

#include "control/config/members.hpp"
#include "control/config/model.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::config {

constexpr int document_version = 1;

// Beyond it nothing is read or written. Room for some 50,000 ports; over the socket the limit of a
// line, 1 MiB, is met first.
constexpr std::size_t most_document_bytes = std::size_t{16} << 20;
constexpr std::size_t most_document_nesting = 32;

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

// A whole port or switch as in the document: without its name, which is the key there.
Json to_json(const PortSpec& spec, Format format);
Json to_json(const SwitchSpec& spec, Format format);

// The whole document; read_document.hpp is the way back.
Json to_json(const NetworkSpec& network, Format format);

}  // namespace tapswitch::config
