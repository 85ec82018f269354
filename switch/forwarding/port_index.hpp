// SPDX-License-Identifier: Apache-2.0
// port_index.hpp: how forwarding names a port: its place in the tables of one switch.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tapswitch {

// Dense, from 0, and used again once nothing refers to the port that had it.
enum class PortIndex : std::uint16_t {};

// The most ports that a switch can have.
constexpr std::size_t max_ports = 4096;

constexpr std::size_t to_size(PortIndex index) { return static_cast<std::size_t>(index); }

}  // namespace tapswitch
