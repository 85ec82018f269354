// SPDX-License-Identifier: Apache-2.0
// vde_request.hpp: reads what a VDE client asks of a switch, as the bytes it writes on the control
// socket, and the answer to it. In the byte order of the machine; versions 3 and 1 are spoken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/system/socket_address.hpp"

namespace tapswitch {

struct VdeRequest {
  // No client writes more.
  static constexpr std::size_t max_size = 256;

  std::uint32_t wished_number = 0;  // of the VDE port; 0: any
  std::string path;                 // of the client's datagram socket
  std::string description;          // of the client, printable; at most max_size bytes

  enum class State { complete, incomplete, invalid };
  // Reads 'bytes' into 'request', which is whole when that says 'complete'.
  [[nodiscard]] static State read(std::span<const std::byte> bytes, VdeRequest& request);

  // The answer: that the client's frames are to go to the socket at 'address', which is a path.
  [[nodiscard]] static std::vector<std::byte> answer(const SocketAddress& address);
};

}  // namespace tapswitch
