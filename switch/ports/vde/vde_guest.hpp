// SPDX-License-Identifier: Apache-2.0
// vde_guest.hpp: the port of one VDE client that has come in by a door (vde_door.hpp). Each
// datagram is one frame; the connection by which the client asked is held for as long as it stays,
// and its end is the port's.
//
// Limits: what the kernel queues at the client's socket, net.unix.max_dgram_qlen frames; then
// 'busy'.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "switch/ports/port.hpp"
#include "switch/system/epoll_set.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

// The numbers of a door's VDE ports; each is one guest's for as long as that exists. Any thread.
class VdeNumbers {
 public:
  static constexpr std::uint32_t last = 256;

  // The one that is wished, or the lowest that is free; 0 if there is none.
  [[nodiscard]] std::uint32_t take(std::uint32_t wished);
  void give_back(std::uint32_t number);

 private:
  std::mutex mutex_;
  std::array<bool, last + 1> is_taken_{};
};

// Holds a number and gives it back. Without one: 0.
class VdeNumber {
 public:
  VdeNumber(std::shared_ptr<VdeNumbers> numbers, std::uint32_t wished)
      : numbers_(std::move(numbers)), value_(numbers_->take(wished)) {}
  VdeNumber(const VdeNumber&) = delete;
  VdeNumber& operator=(const VdeNumber&) = delete;
  ~VdeNumber() {
    if (value_ != 0) {
      numbers_->give_back(value_);
    }
  }

  [[nodiscard]] std::uint32_t value() const { return value_; }

 private:
  std::shared_ptr<VdeNumbers> numbers_;
  std::uint32_t value_;
};

class VdeGuest final : public Port {
 public:
  // The handshake has made these.
  struct Parts {
    std::shared_ptr<VdeNumber> number;  // first, for the file is named by it
    PeerSocket control;                 // the connection by which the client asked
    PeerSocket data;                    // bound to 'file' and connected to the client's
    SocketFile file;
    std::string description;  // as the client says it
  };

  [[nodiscard]] static KernelResult<std::unique_ptr<VdeGuest>> open(Parts parts);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return set_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return FrameView::least_wire_size;
  }
  [[nodiscard]] LinkStatus link() const override;
  void heed_changes() noexcept override { parts_.file.look(); }

  // Returns the number of the VDE port, from 1.
  [[nodiscard]] std::uint32_t number() const { return parts_.number->value(); }
  [[nodiscard]] const std::string& description() const { return parts_.description; }

 private:
  VdeGuest(Parts parts, EpollSet set) : parts_(std::move(parts)), set_(std::move(set)) {}

  Parts parts_;
  EpollSet set_;
  bool may_have_more_ = false;         // to receive
  std::atomic<bool> is_gone_ = false;  // is hung up on
};

}  // namespace tapswitch
