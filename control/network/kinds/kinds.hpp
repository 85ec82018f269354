// SPDX-License-Identifier: Apache-2.0
// kinds.hpp: opens the far end of a port, of whatever kind. The seam of the network: a new kind is
// a pair of files here that has the functions below for its own kind of far end (open_end() at
// least), and an #include in kinds.cpp. Threads: the control thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/network/network.hpp"
#include "control/network/open_end.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::network {

// The port that is to be, and where.
struct Opening {
  const Network& network;
  const Network::RunningSwitch& home;
  const config::PortSpec& spec;
};

// Throws rpc::Error if no port of this daemon can have such a far end: check_here(), nothing if a
// kind has none.
void check_end_here(const config::FarEnd& end, const Network& network);

// Throws rpc::Error if its far end cannot be opened, as far as can be known without doing it:
// check_open(), nothing if a kind has none.
void check_open_end(const Opening& opening);

// Opens it: open_end(). Throws rpc::Error with what the kernel has refused; then nothing is left
// behind.
[[nodiscard]] OpenedPort open_end(const Opening& opening);

// Whether the far end can be unplugged while its port is open (stays_open_unplugged() says so). One
// of another kind is closed instead.
[[nodiscard]] bool has_plug(const config::FarEnd& end);

// Whether its carrier is ours to give and to take (carrier_is_ours() says so), and whether somebody
// is there can be seen meanwhile.
[[nodiscard]] bool gives_carrier(const config::FarEnd& end);

// Whether others come in by it (takes_guests() says so).
[[nodiscard]] bool is_door(const config::FarEnd& end);

// Says how a successor gets the far ends of a kind: not at all; by opening them anew
// (is_opened_anew() says so), or as they are handed to it (inherit_end()).
enum class Heritage { none, opened_anew, handed };
[[nodiscard]] Heritage heritage_of(const config::FarEnd& end);
// Returns the types that have one.
[[nodiscard]] std::vector<std::string> heritable_types();

// The end that another process had, or has still. Nothing about it changes. Throws
// std::runtime_error if 'words' and 'descriptors' are not of one.
[[nodiscard]] OpenedPort inherit_end(const config::PortSpec& spec, const Json& words,
                                     std::vector<UniqueFd> descriptors);

// Throws rpc::Error (invalid_params) if 'fd', which is number 'index' of its line, cannot be one of
// this kind. Changes nothing; to look further than that takes a descriptor of one's own.
void check_passed(const config::FarEnd& kind, int fd, std::size_t index);
// Requires: check_passed() has passed. 'second' is another descriptor of the same, open_passed()
// takes it for good. Throws rpc::Error with what the kernel refuses.
[[nodiscard]] PassedEnd look_at_passed(const config::FarEnd& kind, UniqueFd second);
[[nodiscard]] OpenedPort open_passed(const config::PortSpec& spec, UniqueFd fd);

}  // namespace tapswitch::network
