// SPDX-License-Identifier: Apache-2.0
// sflow_records.hpp: the samples of sFlow version 5 as they stand in a datagram. Numbers of
// structures and their members are those of sflow.org's "sFlow Version 5" and "sFlow Dropped Packet
// Notification Structures". Pure.
//
// A data source is a port, by its number, which stands for its ifIndex. Limits: a datagram has
// XdrWriter::capacity bytes; any sample of a header of most_header_bytes has room in an empty one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "switch/engine/counters.hpp"
#include "switch/frame/vlan_tag.hpp"
#include "switch/sampling/ip_address.hpp"
#include "switch/sampling/xdr_writer.hpp"

namespace tapswitch {

// The number of an interface has so many bits in a sample; 0 is none that is known.
constexpr std::uint32_t max_port_number = 0x00ff'ffff;
constexpr std::size_t most_header_bytes = 1'024;

// Says where a sampled frame goes, beside the number of a port.
constexpr std::uint32_t to_several_ports = 0x8000'0000;
constexpr std::uint32_t to_none = 0x4000'0000;  // with the code of the reason

// The first bytes of a frame. They have no checksum behind them, and 'size' is without it.
struct FrameHeader {
  std::size_t size;  // of the frame
  std::span<const std::byte> bytes;
};

struct FlowSample {
  std::uint32_t sequence;  // one more for each of the port
  std::uint32_t port;      // it came in by
  std::uint32_t rate;      // of so many frames one is sampled
  std::uint32_t pool;      // frames that might have been sampled
  std::uint32_t lost;      // samples, for want of room
  std::uint32_t output;
  VlanId vid;
  std::uint8_t priority;
  FrameHeader header;
};

struct DiscardSample {
  std::uint32_t sequence;  // one more for each of the port
  std::uint32_t port;      // that counts it
  std::uint32_t lost;      // beyond the rate, or for want of room
  std::uint32_t input;     // 0: not known
  std::uint32_t output;    // likewise
  std::uint32_t reason;    // see drop_code.hpp
  FrameHeader header;
};

// How a port is, and what was counted there.
struct CounterSample {
  std::uint32_t port;
  std::string_view name;
  bool is_enabled;
  bool has_carrier;
  PortTotals totals;
};

// A datagram that is being put together. The add_...() return false where there is no room for the
// sample any more; then nothing of it is written.
class SflowDatagram {
 public:
  void begin(const IpAddress& agent, std::chrono::milliseconds uptime);

  [[nodiscard]] bool add(const FlowSample& sample);
  [[nodiscard]] bool add(const DiscardSample& sample);
  [[nodiscard]] bool add(const CounterSample& sample, std::uint32_t sequence);

  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  // Returns it whole. It is of that sequence number.
  [[nodiscard]] std::span<const std::byte> finish(std::uint32_t sequence);

 private:
  class Part;

  XdrWriter writer_;
  std::size_t at_sequence_ = 0;
  std::size_t at_count_ = 0;
  std::uint32_t count_ = 0;
};

// Returns the frames of 'totals' that were dropped where they came in: as errors, if the frame
// was none or lied; else as discards. Likewise where they should have left.
struct DropTotals {
  std::uint64_t in_errors = 0;
  std::uint64_t in_discards = 0;
  std::uint64_t out_discards = 0;
};
[[nodiscard]] DropTotals drops_of(const PortTotals& totals);

}  // namespace tapswitch
