// SPDX-License-Identifier: Apache-2.0
// memory.hpp: how much memory there is left for a large table. To allocate it would not tell: Linux
// promises more than it has, and then ends whoever makes use of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tapswitch::network {

// So much is left to others when a table is made: the daemon goes on needing some.
constexpr std::uint64_t memory_reserve = std::uint64_t{64} << 20;

// Gives the text of a file; nullopt if it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// Bytes that are free on the machine, in each control group that this process belongs to, and below
// its limit of address space: the least of these. Nullopt if none of them can be known.
[[nodiscard]] std::optional<std::uint64_t> available_memory(const ReadFile& read);
[[nodiscard]] std::optional<std::uint64_t> available_memory();

// Throws rpc::Error (limit_reached) unless 'bytes' can be had for 'what' and the reserve is left.
void check_memory(std::uint64_t bytes, const std::string& what);

}  // namespace tapswitch::network
