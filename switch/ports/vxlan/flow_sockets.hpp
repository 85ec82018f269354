// SPDX-License-Identifier: Apache-2.0
// flow_sockets.hpp: the sockets by which the datagrams of a tunnel leave. Each has a source port of
// its own, and a flow keeps to one: routers and cards on the way spread flows by their ports
// [RFC 7348 5].
//
// A socket has one source port, and to send from any one without a socket for it takes the right to
// raw sockets; so there are few of them, and flows share them. They receive nothing but errors.
// Limits: 'most' sockets, for which 'most_tries' ports are tried. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/system/kernel_error.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// From the first to the last, both included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  // Nullopt unless it is "49152-65535", or one port: "49152".
  [[nodiscard]] static std::optional<PortRange> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  bool operator==(const PortRange&) const = default;
};

struct FlowSocketOptions {
  SocketAddress local;                         // whose port does not matter
  std::optional<PortRange> source_ports = {};  // nullopt: what the kernel has free
  std::optional<int> ttl = {};                 // nullopt: as the host has it
  std::optional<int> tos = {};                 // nullopt: 0
  bool has_checksum = true;                    // of UDP
};

class FlowSockets {
 public:
  static constexpr std::size_t most = 8;
  static constexpr std::uint32_t most_tries = 256;
  static constexpr int buffer_bytes = 4 << 20;

  [[nodiscard]] static KernelResult<FlowSockets> open(const FlowSocketOptions& options);

  // Returns the one by which a flow leaves.
  [[nodiscard]] int of(std::uint32_t flow_hash) const noexcept {
    return sockets_[flow_hash % sockets_.size()].get();
  }

 private:
  explicit FlowSockets(std::vector<UniqueFd> sockets) : sockets_(std::move(sockets)) {}

  std::vector<UniqueFd> sockets_;
};

}  // namespace tapswitch
