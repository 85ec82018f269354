// SPDX-License-Identifier: Apache-2.0
// bpdu_fuzz.cpp: no frames, whatever their bytes, upset the parser of BPDUs or the machine behind
// it, or have it go on for ever. The input is a row of frames: a byte that chooses port and pause,
// one that says how long the frame is, and its bytes.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "control/protocols/rstp_bridge.hpp"

using tapswitch::MacAddress;
using tapswitch::protocols::PortNumber;
using tapswitch::protocols::RstpBridge;
using tapswitch::protocols::TimePoint;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  RstpBridge bridge({}, MacAddress(0x0200'0000'0001));
  TimePoint now(std::chrono::hours(1));
  for (std::uint16_t number = 1; number <= 3; ++number) {
    bridge.add(static_cast<PortNumber>(number), {}, {.is_up = true}, now);
  }
  while (input.size() >= 2) {
    const auto choice = std::to_integer<unsigned>(input[0]);
    const std::size_t length =
        std::min<std::size_t>(std::to_integer<unsigned>(input[1]), input.size() - 2);
    now += std::chrono::milliseconds(choice / 4 * 50);
    if (const auto next = bridge.next_tick(); next && *next <= now) {
      bridge.on_tick(now);
    }
    if (const auto next = bridge.next_tick(); next && *next <= now) {
      std::abort();  // it would be called for ever
    }
    bridge.on_frame(static_cast<PortNumber>(choice % 4), input.subspan(2, length), now);
    if (bridge.take_outcome().frames.size() > 64) {
      std::abort();
    }
    input = input.subspan(2 + length);
  }
  return 0;
}
