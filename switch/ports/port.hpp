// SPDX-License-Identifier: Apache-2.0
// port.hpp: the seam between the switch and whatever brings frames to it. A new kind of port is a
// new class behind this interface, and nothing else in the switch knows it.
//
// Threads: receive() and receive_further() are called by one worker alone for each queue; send()
// and flush() by any worker, also by several at once; what asks how the other end is by the control
// thread.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/mac_address.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

struct ingress_ledger;

namespace tapswitch {

class LinkReader;

enum class ReceiveStatus : std::uint8_t {
  received,  // the frame is in the buffer
  more,   // the same, and the next is here too: receive() is called again before it is waited for
  empty,  // nothing to read now: wait until the descriptor is readable
  oversize,  // a frame longer than FrameBuffer::max_frame_size was taken off and is lost
  garbled,   // a frame was taken off that does not fit its virtio-net header, and is lost
  // The bytes that came are no frames, or the last one was cut short: it is lost, and so is the
  // connection it came by; the port waits for another.
  misframed,
  misencapsulated,  // a datagram was taken off that has not the header of the port's tunnel
  // The frame in the buffer is lost before it comes in, by the conditions of the port: because they
  // are so, or because too many wait already.
  lost,
  queue_full,
  // The frame in the buffer was sent by somebody else than the port's far end, and is lost.
  foreign,
  foreign_vni,  // the same, and it is of another virtual network
  unsent,  // the frame in the buffer, which send() had taken, did not leave: unsent_status() says
           // why
  // Someone came or went at the other end: link() says how it is now. Not said again until
  // heed_changes() was called.
  changed,
  gone,  // the other end is gone for good; the port will never receive again
};

// Whether there is a frame in the buffer.
constexpr bool has_frame(ReceiveStatus status) {
  return status == ReceiveStatus::received || status == ReceiveStatus::more;
}

enum class SendStatus : std::uint8_t {
  sent,
  link_down,   // the other end is down, or there is none now
  busy,        // no room at the other end now
  refused,     // the kernel refused this frame
  too_long,    // the kernel refused it for its length
  gone,        // the other end is gone for good
  lost,        // by the conditions of the port, on purpose
  queue_full,  // too many wait under its conditions already
};

// The other end of a port as the kernel sees it now.
struct LinkStatus {
  bool is_present = false;  // false: the device or peer is gone
  bool is_up = false;       // administratively
  bool has_carrier = false;
  int index = 0;                  // of the interface in its namespace, 0 if none
  std::string interface;          // its name now (it may have been renamed), empty if none
  std::optional<MacAddress> mac;  // of the far end, not a station's
  std::uint32_t mtu = 0;          // bytes of payload; 0 if the kind of port has none
  std::string missing_file = {};  // of a socket: somebody has removed or replaced it; else empty
  // The errno if nobody could look for want of descriptors or memory: then nothing else counts.
  int shortage = 0;
};

// How many frames the kernel dropped by itself before the switch could read them (its queue was
// full), and how many of those that the switch had sent.
struct KernelDrops {
  std::uint64_t ingress = 0;
  std::uint64_t egress = 0;
};

// Tells where programs in the kernel could take frames of a port before the switch receives them.
struct PathSeat {
  int interface = 0;  // its index in the namespace of the switch; 0: there is none
  std::string_view refusal = "a port of its kind does not take part";  // why there is none
  // Whether the interface is the switch's own end of a veth.
  bool is_near_end = false;
};

class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  // By how many queues it receives; 0 if no frame ever comes by it, and then no worker asks it for
  // a descriptor or a frame. All frames of a flow come by the same one. Constant for the life of
  // the port.
  [[nodiscard]] virtual std::size_t queue_count() const noexcept { return 1; }

  // Readable when receive() has something to say about 'queue'. Constant for the life of the port,
  // non-blocking, owned by the port.
  [[nodiscard]] virtual int descriptor(std::size_t queue) const noexcept = 0;

  // Further ones: readable when receive_further() has something to say about 'queue', or sends.
  [[nodiscard]] virtual std::span<const int> further_descriptors(
      std::size_t /*queue*/) const noexcept {
    return {};
  }

  // Takes one frame in by 'queue'. If has_frame() the buffer holds it, or its head if the port
  // lends the rest (FrameBuffer::borrow()); otherwise its contents are unspecified.
  [[nodiscard]] virtual ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept = 0;

  // Takes a frame in that one of the further descriptors has told of, or sends some. Else as
  // receive().
  [[nodiscard]] virtual ReceiveStatus receive_further(std::size_t /*queue*/,
                                                      FrameBuffer& /*frame*/) noexcept {
    return ReceiveStatus::empty;
  }

  // Whether frames are here that came by 'queue', of which its descriptor does not tell. Asked
  // where a frame was lost; where there is one, 'more' says so.
  [[nodiscard]] virtual bool has_more(std::size_t /*queue*/) const noexcept { return false; }

  // The worker that receives by 'queue' calls it when all frames that came have left: what was lent
  // with them is the port's again.
  virtual void give_back(std::size_t /*queue*/) noexcept {}

  // Sends the frame or says why not; never blocks. May write to the buffer's prefix and finish what
  // is left to be finished of the frame, and no more.
  // What it keeps of the frame, body and all, it copies.
  [[nodiscard]] virtual SendStatus send(FrameBuffer& frame) noexcept = 0;

  // Why the frame did not leave of which receive() has just said that it is unsent.
  [[nodiscard]] virtual SendStatus unsent_status() const noexcept { return SendStatus::sent; }

  // Whether send() may keep frames back, so as to give the kernel several at once, until flush().
  // Constant for the life of the port.
  [[nodiscard]] virtual bool keeps_back() const noexcept { return false; }

  // Sends what send() has kept back. Who has sent calls it as soon as there is no more to send.
  virtual void flush() noexcept {}

  // Returns how long the shortest frame is that the other end may be given: send() gets none that
  // is shorter. Constant for the life of the port.
  [[nodiscard]] virtual std::size_t least_frame_size() const noexcept { return 0; }

  // Whether the kernel there counts tags of other types than 0x8100 against the MTU.
  [[nodiscard]] virtual bool counts_service_tags() const noexcept { return false; }

  // Returns what the other end finishes by itself. For the control thread, which may change it:
  // what workers give send() is among those of their picture.
  [[nodiscard]] virtual OffloadSet offloads() const noexcept { return {}; }

  // Asks the kernel how the other end is. May take a system call or two.
  [[nodiscard]] virtual LinkStatus link() const = 0;

  // The same for one of many ports, sharing with the others what 'reader' has opened.
  [[nodiscard]] virtual LinkStatus read_link(LinkReader& /*reader*/) const { return link(); }

  // Whoever acts on what link() says calls this first: what changes from here on is told again, and
  // a port that has to look somewhere for what link() says begins to.
  virtual void heed_changes() noexcept {}

  // The index of the interface by which the switch holds the other end, where that is another one,
  // in the namespace of the switch: with it the other end goes. Nullopt: there is none.
  [[nodiscard]] virtual std::optional<int> near_index() const { return std::nullopt; }

  [[nodiscard]] virtual PathSeat path_seat() const { return {}; }

  // From now on the port notes in 'ledger' until when all is gone that was left to its socket
  // (ingress_ledger.h); null: nowhere. The ledger stays until no worker knows the port. Of a port
  // with a path_seat().
  virtual void keep_ledger(ingress_ledger* /*ledger*/) noexcept {}

  // Since the port was opened. 'index' is that of its interface if it is known to be in the
  // namespace of the calling thread: then the kernel is asked for nothing else.
  [[nodiscard]] virtual KernelDrops read_drops(LinkReader& /*reader*/,
                                               std::optional<int> /*index*/) {
    return {};
  }

  // The network namespace where its interface is now; an error if it has none.
  [[nodiscard]] virtual KernelResult<UniqueFd> open_name_space() const {
    return kernel_error(ENODEV, "open", "open", "the namespace of a port without an interface");
  }
};

}  // namespace tapswitch
