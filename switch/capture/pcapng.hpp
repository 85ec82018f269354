// SPDX-License-Identifier: Apache-2.0
// pcapng.hpp: writes the blocks of a capture file (draft-ietf-opsawg-pcapng), each behind what is
// there already, in the byte order of the machine.
//
// Limits: a name, a description or a comment has at most longest_text bytes; what is longer is cut.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "switch/engine/direction.hpp"

namespace tapswitch::pcapng {

constexpr std::size_t longest_text = 1'024;

// Since 1970, as a wall clock shows it.
using Time = std::chrono::nanoseconds;

struct Interface {
  std::string name;
  std::string description;
  std::uint32_t snap_length;  // 0: no limit
};

struct Packet {
  std::uint32_t interface;  // counted from the first interface of the section
  Time time;
  Direction direction;
  std::uint64_t number;              // the same for all copies of a frame; 0: it has none
  std::size_t size;                  // on the wire
  std::span<const std::byte> bytes;  // the first of it, or all
  std::string comment = {};          // empty: none
};

struct Statistics {
  std::uint32_t interface;
  Time time;
  std::uint64_t received;  // by the interface, written or not
  std::uint64_t dropped;   // for want of room
};

// A section begins a file. Its interfaces and what refers to them stand behind it.
void add_section(std::string& file, std::string_view application);
void add_interface(std::string& file, const Interface& interface);
void add_packet(std::string& file, const Packet& packet);
void add_statistics(std::string& file, const Statistics& statistics);

}  // namespace tapswitch::pcapng
