// SPDX-License-Identifier: Apache-2.0
// stream_port.hpp: the port whose far end is a program at a stream socket that sends and takes
// frames each after its length: QEMU and what speaks like it. One peer at a time; when it goes the
// port waits for the next.
//
// Theory of operation: sockets come and go, a port's descriptor does not: it is that of an epoll
// set, with the connection in it and the slot by which the next one comes (peer_slot.hpp).
// receive() first takes frames out of what was read already, then reads, and only when there is
// nothing more asks the set what else is to be done: write what had to wait, or take the next peer
// in. Each read takes all frames that are there, as far as they fit. While some of them are still
// to be handed out the sockets may have nothing to say; then a flag in the set does.
// Where connections come from (stream_source.hpp) is the control thread's: answer() puts the next
// one into the slot, and the worker decides whether it is taken in.
//
// Limits: one peer, others are turned away; the memory of a StreamDeframer and a StreamOutlet;
// 'most_steps' of all this without a frame before others have their turn.
// Threads: as port.hpp and attended_port.hpp say.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "switch/ports/socket/attended_port.hpp"
#include "switch/ports/socket/peer_slot.hpp"
#include "switch/ports/socket/stream_deframer.hpp"
#include "switch/ports/socket/stream_outlet.hpp"
#include "switch/ports/socket/stream_source.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/epoll_set.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch {

class StreamPort final : public AttendedPort {
 public:
  static constexpr int most_steps = 64;

  // 'mtu' is what link() says.
  [[nodiscard]] static KernelResult<std::unique_ptr<AttendedPort>> open(
      std::unique_ptr<StreamSource> source, std::uint32_t mtu);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return set_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    return outlet_.send(frame);
  }
  [[nodiscard]] bool keeps_back() const noexcept override { return true; }
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return FrameView::least_wire_size;
  }
  void flush() noexcept override { outlet_.flush(); }
  [[nodiscard]] LinkStatus link() const override;
  void heed_changes() noexcept override {
    is_told_ = false;
    source_->look();
  }

  [[nodiscard]] int bell() const noexcept override { return arrivals_.descriptor(); }
  void answer() override;

 private:
  struct Handles {
    EpollSet set;
    EpollSet arrivals;
    Bell flag = {};
    Bell inbox = {};
    Bell bell = {};
  };

  StreamPort(Handles handles, std::unique_ptr<StreamSource> source, std::uint32_t mtu);

  // The next thing there is to say.
  [[nodiscard]] ReceiveStatus next(FrameBuffer& frame) noexcept;
  [[nodiscard]] bool has_more_to_say() const noexcept;
  void raise_flag(bool is_raised) noexcept;
  [[nodiscard]] std::optional<ReceiveStatus> take_frame(FrameBuffer& frame) noexcept;
  void read() noexcept;
  [[nodiscard]] bool look_around() noexcept;
  void welcome(PeerSocket newcomer) noexcept;
  void hang_up() noexcept;

  const std::uint32_t mtu_;
  std::unique_ptr<StreamSource> source_;  // this and the next two are the control thread's
  EpollSet arrivals_;
  bool is_taking_ = true;  // connections from the source, for the slot is free
  PeerSlot slot_;
  EpollSet set_;
  Bell flag_;
  bool is_flag_raised_ = false;
  StreamOutlet outlet_;
  StreamDeframer deframer_;
  PeerSocket connection_;
  bool may_have_more_ = false;  // to read
  bool is_cut_short_ = false;   // a frame was, and that is not told yet
  bool has_news_ = false;       // of the peer, not told yet
  std::atomic<bool> has_peer_ = false;
  std::atomic<bool> is_told_ = false;  // of a change, and nobody has heeded it
};

}  // namespace tapswitch
