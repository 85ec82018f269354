// SPDX-License-Identifier: Apache-2.0
// frame_io.hpp: one frame from a descriptor, one frame to it. The place where the errors of the
// kernel are sorted into what a port can say; used by every port that has one frame a read, which
// TAPs and sockets of type SOCK_SEQPACKET do.
//
// Limits: a socket raises SIGPIPE where a TAP says EBADFD, so a program that gives sockets to this
// must ignore that signal. An empty message on a socket reads as its end.
// Pinned by tests/ports/frame_io_test.cpp and tests/system/kernel_facts_test.cpp.
#pragma once

#include <sys/socket.h>

#include <bit>
#include <cstdint>

#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch {

// Says who has the open file description of a descriptor. A stranger who has it too can make it
// block at any moment, so each call says that it does not wait. That takes a kernel which can be
// told so of such a file (for TAPs Linux 6.4); before an older one it is taken to be non-blocking.
enum class FileOwner : std::uint8_t { ours, shared };

// Takes one frame from the non-blocking 'fd'.
[[nodiscard]] ReceiveStatus receive_frame(int fd, FrameBuffer& frame,
                                          FileOwner owner = FileOwner::ours) noexcept;

// Gives one frame to the non-blocking 'fd'. Its offload must be plain.
[[nodiscard]] SendStatus send_frame(int fd, const FrameBuffer& frame,
                                    FileOwner owner = FileOwner::ours) noexcept;

// The same where a virtio-net header of 10 bytes stands before each frame, or one of 24.
[[nodiscard]] ReceiveStatus receive_offloaded_frame(int fd, FrameBuffer& frame,
                                                    FileOwner owner = FileOwner::ours) noexcept;
[[nodiscard]] SendStatus send_offloaded_frame(int fd, FrameBuffer& frame,
                                              FileOwner owner = FileOwner::ours) noexcept;
[[nodiscard]] ReceiveStatus receive_behind_long_header(int fd, FrameBuffer& frame,
                                                       FileOwner owner) noexcept;
[[nodiscard]] SendStatus send_behind_long_header(int fd, FrameBuffer& frame,
                                                 FileOwner owner) noexcept;

// The same, with numbers of the header in that order; returns 0, or what the kernel said against
// it.
[[nodiscard]] int write_offloaded_frame(int fd, FrameBuffer& frame, std::endian order,
                                        FileOwner owner = FileOwner::ours) noexcept;

// Takes one frame from a socket of datagrams, which neither ends nor tells of an end: whatever else
// the kernel says than a frame is no frame now. Never blocks. An empty datagram is a frame too.
// 'gone': those who write to it have sent too many descriptors whose end takes long.
[[nodiscard]] ReceiveStatus receive_datagram(const PeerSocket& socket, FrameBuffer& frame) noexcept;

// Gives one frame to a socket of datagrams, for the address 'to' or whom it is connected with.
// Never blocks and raises no signal. Returns 0, or what the kernel said against it.
[[nodiscard]] int send_datagram(int socket, const FrameBuffer& frame, const sockaddr* to = nullptr,
                                socklen_t to_size = 0) noexcept;

// Sorts what send_datagram() returned. 'without_peer' is what a port says where nobody takes the
// frames any more.
[[nodiscard]] SendStatus datagram_status(int error, SendStatus without_peer) noexcept;

}  // namespace tapswitch
