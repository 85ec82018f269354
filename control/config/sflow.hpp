// SPDX-License-Identifier: Apache-2.0
// sflow.hpp: says what is configured about sFlow, by which samples of frames and counters are sent
// to collectors: as a value, and as JSON. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/config/members.hpp"
#include "control/config/mistakes.hpp"
#include "control/rpc/schema.hpp"
#include "switch/sampling/ip_address.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

constexpr std::size_t max_collectors = 8;

struct SflowSpec {
  static constexpr std::uint32_t max_sampling = 16'777'216;
  static constexpr std::uint32_t max_drops_per_second = 10'000;
  static constexpr std::uint32_t max_polling_seconds = 86'400;

  std::vector<SocketAddress> collectors = {};  // not empty
  std::optional<IpAddress> agent = {};         // nullopt: what leads to the first collector
  std::uint32_t sampling = 1'000;              // of so many frames one is sampled; 0: none
  std::uint32_t header_bytes = 128;
  std::uint32_t polling_seconds = 20;    // 0: counters are not sent
  std::uint32_t drops_per_second = 100;  // 0: drops are not told

  bool operator==(const SflowSpec&) const = default;
};

// Nullopt unless it is one: an address, and perhaps a port behind it.
[[nodiscard]] std::optional<SocketAddress> parse_collector(const std::string& text);

// The members of its JSON. In a document the collectors are required.
[[nodiscard]] std::vector<rpc::Field> sflow_fields();

// Changes what 'json' names, which has passed its schema.
void change(SflowSpec& spec, const Json& json);
// The same for what stands in a document as "sflow", and may have mistakes: then it does nothing.
void read_sflow(std::optional<SflowSpec>& spec, const Json& json, Mistakes& mistakes);
// Returns the error of having no collectors, if there is none; the field is one of the JSON.
[[nodiscard]] std::optional<rpc::Problem> fault_of(const SflowSpec& spec);
[[nodiscard]] Json to_json(const SflowSpec& spec, Format format);

// For people: "sflow to 192.0.2.1:6343".
[[nodiscard]] std::string in_words(const SflowSpec& spec);

}  // namespace tapswitch::config
