// SPDX-License-Identifier: Apache-2.0
// tag_room.hpp: warns of frames that have no room at a port for the tag they leave with.
//
// Linux lets a packet socket send four bytes beyond the MTU for an 0x8100 tag, for no other, unless
// the frame is a segment of TCP or UDP (switch/ports/packet/packet_socket.cpp). So full frames
// from a dot1q-tunnel port are lost at a trunk on an interface whose MTU is that of the stations.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "control/network/network.hpp"

namespace tapswitch::network {

// Returns what the user of 'port' should know of it as it is now, whether it is the tunnel or the
// trunk: one sentence for each other of whose meeting that comes. Limits: 'most_remarks' of them.
constexpr std::size_t most_remarks = 8;
[[nodiscard]] std::vector<std::string> tag_room_remarks(const Network& network,
                                                        const Network::RunningPort& port);

}  // namespace tapswitch::network
