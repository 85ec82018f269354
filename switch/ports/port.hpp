// SPDX-License-Identifier: Apache-2.0
// port.hpp: the seam between the switch and whatever brings frames to it. A new kind of port is a
// new class behind this interface, and nothing else in the switch knows it.
//
// Threads: receive() is called by one worker alone; send() by any worker, also by several at once;
// link() and read_link() by the control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch {

class LinkReader;

enum class ReceiveStatus : std::uint8_t {
  received,  // the frame is in the buffer
  empty,     // nothing to read now: wait until the descriptor is readable
  oversize,  // a frame longer than FrameBuffer::max_frame_size was taken off and is lost
  garbled,   // a frame was taken off whose framing by the port makes no sense, and is lost
  gone,      // the other end is gone for good; the port will never receive again
};

enum class SendStatus : std::uint8_t {
  sent,
  link_down,  // the other end exists but is down
  busy,       // no room at the other end now
  refused,    // the kernel refused this frame
  gone,       // the other end is gone for good
};

// The other end of a port as the kernel sees it now.
struct LinkStatus {
  bool is_present = false;  // false: the device or peer is gone
  bool is_up = false;       // administratively
  bool has_carrier = false;
  std::string interface;          // its name now (it may have been renamed), empty if none
  std::optional<MacAddress> mac;  // of the far end, not a station's
  std::uint32_t mtu = 0;          // bytes of payload; 0 if the kind of port has none
  // What the kernel dropped by itself before the switch could read it (its queue was full), and
  // what it dropped of ours; both seen from the switch: ingress and egress.
  std::uint64_t ingress_kernel_drops = 0;
  std::uint64_t egress_kernel_drops = 0;
};

class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  // Readable when receive() has something to say. Constant for the life of the port, non-blocking,
  // owned by the port.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;

  // Takes one frame in. On 'received' the buffer holds it; otherwise its contents are unspecified.
  [[nodiscard]] virtual ReceiveStatus receive(FrameBuffer& frame) noexcept = 0;

  // Sends the frame or says why not; never blocks. May write to the buffer's prefix, nowhere else.
  [[nodiscard]] virtual SendStatus send(FrameBuffer& frame) noexcept = 0;

  // What the other end finishes by itself. Constant for the life of the port; send() may only be
  // given frames whose offload is among these.
  [[nodiscard]] virtual OffloadSet offloads() const noexcept { return {}; }

  // Asks the kernel how the other end is. May take a system call or two.
  [[nodiscard]] virtual LinkStatus link() const = 0;

  // The same for one of many ports, sharing with the others what 'reader' has opened.
  [[nodiscard]] virtual LinkStatus read_link(LinkReader& /*reader*/) const { return link(); }
};

}  // namespace tapswitch
