// SPDX-License-Identifier: Apache-2.0
// vde_door.hpp: the control directory of a VDE switch, by which clients of VDE come in, each as a
// port of its own (vde_guest.hpp). A port itself, by which no frame comes or leaves.
//
// Theory of operation: a client connects to 'DIRECTORY/ctl', says which socket is its own, and is
// told the one that was made for it, 'DIRECTORY/NNN.FD' with the number of its port. answer() does
// this as far as it goes without waiting; take_guest() hands out who has come in. What waits for a
// client's file system is elsewhere (vde_introduction.hpp).
//
// Limits: 256 guests; 'max_callers' who have connected and are not in yet, for 'patience' each. One
// more is taken in place of the one who has been silent for longest; where all have asked, others
// wait in the kernel. Whoever asks for what is not to be had is hung up on. Threads: the control
// thread; to workers it has no queue, and link() and send() as port.hpp says.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "switch/ports/queueless_port.hpp"
#include "switch/ports/socket/attended_port.hpp"
#include "switch/ports/socket/stream_source.hpp"
#include "switch/ports/vde/vde_directory.hpp"
#include "switch/ports/vde/vde_guest.hpp"
#include "switch/ports/vde/vde_introduction.hpp"
#include "switch/ports/vde/vde_request.hpp"
#include "switch/system/socket_file.hpp"
#include "switch/system/timed_set.hpp"

namespace tapswitch {

struct VdeOptions {
  std::string directory;  // made if it is not there; begins with '/'
  FileAccess access;      // to it and to what is in it
};

class VdeDoor final : public QueuelessPort<AttendedPort> {
 public:
  static constexpr std::size_t max_callers = 16;
  static constexpr auto patience = std::chrono::seconds(5);
  // A path may be so long, so that '/NNN.FD' can be put behind it.
  static constexpr std::size_t max_directory_size = SocketAddress::max_path_size - 7;

  // ETIMEDOUT if the file system of the directory does not answer in time.
  [[nodiscard]] static KernelResult<std::unique_ptr<VdeDoor>> open(const VdeOptions& options);

  [[nodiscard]] LinkStatus link() const override;
  void heed_changes() noexcept override { source_->look(); }

  [[nodiscard]] int bell() const noexcept override { return set_.descriptor(); }
  void answer() override;

  // One who waits to be taken in; nullptr if there is none.
  [[nodiscard]] std::unique_ptr<VdeGuest> take_guest();

 private:
  using Clock = std::chrono::steady_clock;
  struct Opening;

  // A caller has connected and is not in yet.
  struct Caller {
    PeerSocket connection;
    Clock::time_point deadline;
    std::array<std::byte, VdeRequest::max_size> said;
    std::size_t size = 0;
    std::unique_ptr<VdeIntroduction> introduction;  // null: it has not asked yet
  };
  using Callers = std::list<Caller>;

  // May wait for the file system.
  [[nodiscard]] static KernelResult<std::unique_ptr<VdeDoor>> open_now(const VdeOptions& options);
  VdeDoor(const VdeOptions& options, VdeDirectory directory, TimedSet waiting,
          SharedBell introduced, std::unique_ptr<StreamSource> source);

  void take_caller();
  void listen_to(Callers::iterator caller);
  void hang_up_on(Callers::iterator caller);
  void hang_up_on_silent();
  [[nodiscard]] Callers::iterator longest_silent();
  // Listens at the door while there is room, and to the time while somebody waits.
  void heed_callers();
  [[nodiscard]] std::unique_ptr<VdeIntroduction> introduce(const Caller& caller,
                                                           const VdeRequest& request);
  void welcome_introduced();

  VdeOptions options_;
  // One with the other, and after what is in it.
  std::shared_ptr<VdeDirectory> directory_;
  std::shared_ptr<VdeNumbers> numbers_;
  EpollSet set_;
  Timer timer_;
  SharedBell introduced_;  // an introduction goes on
  std::unique_ptr<StreamSource> source_;
  Callers callers_;                               // the oldest first
  std::deque<std::unique_ptr<VdeGuest>> guests_;  // not taken yet
};

}  // namespace tapswitch
