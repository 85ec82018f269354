// SPDX-License-Identifier: Apache-2.0
// vde_door.hpp: the control directory of a VDE switch, by which clients of VDE come in, each as a
// port of its own (vde_guest.hpp). A port itself, so that a worker waits for its sockets; no frame
// comes or leaves by it.
//
// Theory of operation: a client connects to 'DIRECTORY/ctl', says which socket is its own, and is
// told the one that was made for it, 'DIRECTORY/NNN.FD' with the number of its port. receive() does
// this as far as it goes without waiting, and says 'changed' when a guest is to be taken in;
// take_guest() hands it out. The client's socket must be a file of the user who asked, for we may
// have rights there that he has not; and ours is given to him.
//
// Limits: 256 guests; 'max_callers' who have connected and not asked yet, for 'patience' each,
// while others wait in the kernel. Whoever asks for what is not to be had is hung up on. Threads:
// as port.hpp says; take_guest() the control thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "switch/ports/port.hpp"
#include "switch/ports/socket/stream_source.hpp"
#include "switch/ports/vde/vde_directory.hpp"
#include "switch/ports/vde/vde_guest.hpp"
#include "switch/ports/vde/vde_request.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/timed_set.hpp"

namespace tapswitch {

struct VdeOptions {
  std::string directory;  // made if it is not there; begins with '/'
  FileAccess access;      // to it and to what is in it
};

class VdeDoor final : public Port {
 public:
  static constexpr std::size_t max_callers = 16;
  static constexpr auto patience = std::chrono::seconds(5);
  static constexpr int most_steps = 64;
  // A path may be so long, so that '/NNN.FD' can be put behind it.
  static constexpr std::size_t max_directory_size = SocketAddress::max_path_size - 7;

  [[nodiscard]] static KernelResult<std::unique_ptr<VdeDoor>> open(const VdeOptions& options);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return set_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& /*frame*/) noexcept override {
    return SendStatus::link_down;
  }
  [[nodiscard]] LinkStatus link() const override;

  // One who waits to be taken in; nullptr if there is none.
  [[nodiscard]] std::unique_ptr<VdeGuest> take_guest();

 private:
  using Clock = std::chrono::steady_clock;

  // A caller has connected and not asked yet.
  struct Caller {
    PeerSocket connection;
    Clock::time_point deadline;
    std::array<std::byte, VdeRequest::max_size> said;
    std::size_t size = 0;
  };
  using Callers = std::list<Caller>;

  VdeDoor(const VdeOptions& options, VdeDirectory directory, TimedSet waiting,
          std::unique_ptr<StreamSource> source);

  void take_caller();
  void listen_to(Callers::iterator caller);
  void hang_up_on(Callers::iterator caller);
  void hang_up_on_silent();
  // Notes that there is one caller less.
  void after_call();
  [[nodiscard]] std::unique_ptr<VdeGuest> welcome(PeerSocket connection, const VdeRequest& request);

  VdeOptions options_;
  // One with the other, and after what is in it.
  std::shared_ptr<VdeDirectory> directory_;
  std::shared_ptr<VdeNumbers> numbers_;
  EpollSet set_;
  Timer timer_;
  std::unique_ptr<StreamSource> source_;
  Callers callers_;  // the oldest first

  std::mutex mutex_;
  std::vector<std::unique_ptr<VdeGuest>> guests_;  // guarded by mutex_; not taken yet
  std::atomic<bool> is_told_ = false;              // and nobody has come for them since
};

}  // namespace tapswitch
