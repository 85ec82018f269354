// SPDX-License-Identifier: Apache-2.0
// captures.hpp: the captures that run, and which ports are part of each.
//
// Theory of operation: a capture is of ports by name, of a switch, or of all ports. Ports that come
// while it runs are taken in, and those that go leave it; it hears of them as any subscriber of
// events does. While none runs, nothing of this costs anything.
// Threads: the control thread. Limits: 'most' captures, of which 'most_of_guests' by the read-only
// socket; Capture::most_interfaces ports in the life of each, and those beyond are counted; a port
// that comes is seen some moments after it forwards.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/network/network.hpp"
#include "control/rpc/outlet.hpp"
#include "switch/capture/capture.hpp"
#include "switch/capture/frame_numbers.hpp"
#include "switch/capture/port_watch.hpp"

namespace tapswitch::network {

struct CaptureSpec {
  std::set<std::string> ports;             // and the guests of those that are doors; empty: all
  std::optional<std::string> switch_name;  // only those of it
  std::string filter;                      // as it was written; empty: none
  std::optional<std::uint32_t> guest;      // the user who asked for it by the read-only socket
  CaptureOptions options;
};

class Captures : private rpc::Outlet {
 public:
  static constexpr std::size_t most = 16;
  static constexpr std::size_t most_of_guests = 8;  // of those

  struct Running {
    CaptureSpec spec;
    std::shared_ptr<Capture> capture;
    // Each port that it has seen, by switch and name, has one interface, also when it comes
    // again.
    std::map<std::string, std::shared_ptr<CaptureInterface>> interfaces = {};
    std::uint64_t ports_refused = 0;  // for which there was no room
  };

  // The network must outlive the captures.
  Captures(Network& network, Network::Post post);
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;
  ~Captures() override;

  // Each check_... throws what would go wrong.
  void check_start(const CaptureSpec& spec) const;
  // Throws invalid_params unless a capture can be written to 'fd', or be held by 'fd'.
  static void check_file(int fd);
  static void check_lease(int fd);
  // Returns the number of a capture that writes to these. Throws rpc::Error.
  std::uint64_t start(const CaptureSpec& spec, CaptureEnds ends);
  // A guest may stop his own.
  void check_stop(std::uint64_t id, std::optional<std::uint32_t> guest = {}) const;
  // Ends it soon; the event 'ended' tells when.
  void stop(std::uint64_t id);
  // Ends all, for which it waits for 'longest_end' at most, and tells of it.
  void end_all() noexcept;

  [[nodiscard]] const std::map<std::uint64_t, Running>& all() const { return running_; }

 private:
  // How long those who read have for what is left, and a little more.
  static constexpr std::chrono::milliseconds longest_end{1'200};

  // The threads that write end when they can, which may be after 'this' does.
  struct Endings {
    std::mutex mutex;
    std::condition_variable changed;
    int threads = 0;
    const Network::Post* post = nullptr;  // null: nobody wants to hear of them any more
  };

  // A port that is watched.
  struct Watched {
    TimePoint added;  // with its name, what tells it from others
    std::set<std::uint64_t> captures;
    std::unique_ptr<PortWatch> watch;
  };

  struct Change {
    const Network::RunningPort* port;
    std::string name;
    Watched now;
  };

  [[nodiscard]] bool offer(std::string_view line) override;
  void engage(std::unique_ptr<Speaker> speaker) override { speaker_ = std::move(speaker); }

  void hear_of_ports();
  void follow_ports();
  [[nodiscard]] std::set<std::uint64_t> captures_of(const Network::RunningPort& port) const;
  [[nodiscard]] std::unique_ptr<PortWatch> watch_of(const Network::RunningPort& port,
                                                    const std::set<std::uint64_t>& captures);
  void carry_out(Switch& engine, std::vector<Change>& changes);
  [[nodiscard]] static std::shared_ptr<CaptureInterface> interface_in(
      Running& running, const Network::RunningPort& port);
  [[nodiscard]] std::shared_ptr<Capture> begin_to_write(std::uint64_t id,
                                                        const CaptureOptions& options,
                                                        CaptureEnds ends);
  [[nodiscard]] std::function<void()> teller_of_end(std::uint64_t id);
  void on_end(std::uint64_t id);
  void forget(std::uint64_t id);

  Network& network_;
  const Network::Post post_;
  const std::shared_ptr<FrameNumbers> numbers_;  // of the frames in all captures
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Running> running_;
  std::map<std::string, Watched> watched_;  // by name
  std::unique_ptr<Speaker> speaker_;
  std::optional<std::uint64_t> subscription_;
  bool is_posted_ = false;
  const std::shared_ptr<Endings> endings_ = std::make_shared<Endings>();
  // Gone before 'this' is: tells tasks that are still posted.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace tapswitch::network
