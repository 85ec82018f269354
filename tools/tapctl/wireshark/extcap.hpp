// SPDX-License-Identifier: Apache-2.0
// extcap.hpp: reads what Wireshark asks of a program in its extcap folder (extcap(4)), and writes
// the answers: interfaces, and their options. Pure.
//
// An interface is called "tapswitch", the daemon that tapctl talks to, "tapswitch-system", that of
// the service, or "tapswitch.LAB"; with ":PORT" behind it is one port, without it all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/rpc/json.hpp"

namespace tapswitch::tapctl {

// A daemon, and one or all of its ports.
struct Source {
  bool is_system = false;  // the service's
  std::optional<std::string> lab = {};
  std::optional<std::string> port = {};  // nullopt: all

  bool operator==(const Source&) const = default;
};

// Throws UsageError if it is none of ours.
[[nodiscard]] Source parse_source(std::string_view interface);
[[nodiscard]] std::string name_of(const Source& source);

struct ExtcapRequest {
  enum class Kind : std::uint8_t { help, interfaces, link_types, options, filter_check, capture };

  Kind kind = Kind::help;
  std::string interface;
  std::string fifo;
  std::string filter;
  Json params = Json::object();  // of the command 'capture', but for ports and filter
};

// 'arguments' is the command line without the program's name. Throws UsageError.
[[nodiscard]] ExtcapRequest parse_extcap(const std::vector<std::string>& arguments);

[[nodiscard]] std::string introduction();
// 'ports' are as port.list tells them; if they are too many, there is one line for all of them.
[[nodiscard]] std::string lines_of_interfaces(const Source& daemon, const Json& ports);
[[nodiscard]] std::string link_types();
[[nodiscard]] std::string options_text();

}  // namespace tapswitch::tapctl
