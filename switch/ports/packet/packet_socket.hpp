// SPDX-License-Identifier: Apache-2.0
// packet_socket.hpp: an AF_PACKET socket bound to one interface: it receives what comes in by the
// interface, whoever that is addressed to, and sends by it. Which interface that may be is told by
// the ports that have one.
//
// Theory of operation: before each frame stands a virtio-net header, as with a TAP, so that
// super-frames and unfinished checksums cross whole in both directions. The kernel takes the outer
// VLAN tag off before a socket sees the frame and tells it beside the frame; receive() puts it
// back. Frames are sent through the interface's queueing discipline (no PACKET_QDISC_BYPASS): what
// a user has set there with tc holds, and the kernel cuts a super-frame that the interface cannot
// take, where the bypass would drop it. A super-frame longer than IP can state comes in as several
// (big_frame.hpp). The socket is bound to the interface's index, so it follows a new name. It loses
// the interface when that is deleted or moved to another namespace, and for good. Opened in another
// namespace, it keeps that namespace alive.
// Limits: 'receive_buffer_bytes' of frames wait to be received, beyond which the kernel drops and
// counts; 'send_buffer_bytes' wait in the queueing discipline, beyond which send() says busy;
// 'most_big_size' bytes of a frame, for which as much memory is set aside and touched when needed.
// Threads: as port.hpp says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "switch/frame/big_frame.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class PacketSocket {
 public:
  // As the kernel counts them: about 40 super-frames, or 4,000 short frames.
  static constexpr int receive_buffer_bytes = 4 << 20;
  static constexpr int send_buffer_bytes = 4 << 20;
  // The longest super-frame that Linux makes has 8 times 65,535 bytes, and headers.
  static constexpr std::size_t most_big_size = 528 << 10;

  // On the interface of that index in the namespace of the calling thread. The interface becomes
  // promiscuous for as long as the socket is open.
  [[nodiscard]] static KernelResult<PacketSocket> open(int index);

  // One that another process had, or has still: of what comes in each then receives a part.
  // 'offloads' are those that it had there.
  [[nodiscard]] static PacketSocket inherit(UniqueFd fd, const OffloadSet& offloads);

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
  [[nodiscard]] ReceiveStatus receive(FrameBuffer& frame) noexcept;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept;
  // Whether there is nothing to receive now.
  [[nodiscard]] bool is_empty() const noexcept;

  // Returns what may be sent unfinished on this kernel. It takes them for every interface, and
  // finishes what an interface does not.
  [[nodiscard]] const OffloadSet& offloads() const noexcept { return offloads_; }

  // The index of the interface; nullopt when it is lost.
  [[nodiscard]] std::optional<int> index() const noexcept;
  // The name of the interface now; ENODEV when it is lost.
  [[nodiscard]] KernelResult<std::string> name() const;
  // The namespace it was opened in.
  [[nodiscard]] KernelResult<UniqueFd> name_space() const;

  // How many frames were dropped because the receive buffer was full, since the last call.
  [[nodiscard]] std::uint32_t take_drops() const;

 private:
  // The memory is not initialised: if no frame needs it no page of it is touched.
  PacketSocket(UniqueFd fd, const OffloadSet& offloads)
      : fd_(std::move(fd)),
        offloads_(offloads),
        memory_(std::make_unique_for_overwrite<std::byte[]>(most_big_size)) {}

  [[nodiscard]] ReceiveStatus next_piece(FrameBuffer& frame) noexcept;
  // Returns 0, or the error.
  [[nodiscard]] int send_as_segment(FrameBuffer& frame) const noexcept;

  [[nodiscard]] ReceiveStatus status_of(int error) const noexcept;

  UniqueFd fd_;
  OffloadSet offloads_;
  std::unique_ptr<std::byte[]> memory_;  // for a big frame
  BigFrame big_;                         // of which pieces are still to be received
  std::optional<VlanTag> big_tag_;
};

}  // namespace tapswitch
