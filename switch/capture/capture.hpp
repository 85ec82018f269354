// SPDX-License-Identifier: Apache-2.0
// capture.hpp: a capture: frames of ports on their way to a file or a pipe, as pcapng.
//
// Theory of operation: workers copy frames into rings, one for each worker, and never wait: a frame
// for which there is no room is counted as missed. A thread of the capture's own (capture_writer)
// takes them out, makes of each the frames that a wire would have carried, and writes them.
// Threads: take() is called by workers, the rest by the control thread; the writer's thread is
// inside. Whoever holds the last share of a capture ends it.
// Limits: the rings have most_ring_bytes in all, and least_ring_bytes each; most_interfaces.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "switch/capture/capture_end.hpp"
#include "switch/capture/capture_filter.hpp"
#include "switch/capture/capture_ring.hpp"
#include "switch/engine/direction.hpp"
#include "switch/forwarding/drop_reason.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/vlan_tag.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/slow_close.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// A capture writes to these.
struct CaptureEnds {
  UniqueFd file;   // a pipe or a file
  UniqueFd lease;  // the writing end of a pipe: who has the other holds the capture; may be closed
};

// For threads that may not wait: the file of a stranger may be slow to close.
inline void close_slowly(CaptureEnds ends) noexcept {
  tapswitch::close_slowly(std::move(ends.file));
  tapswitch::close_slowly(std::move(ends.lease));
}

struct CaptureOptions {
  Directions directions = {};
  std::shared_ptr<const CaptureFilter> filter = {};  // null: all frames
  VlanId vlan = no_vlan;                             // no_vlan: frames of all
  std::size_t snap_length = 0;                       // of a frame that are kept; 0: all
  std::uint64_t count = 0;                           // of frames, after which it ends; 0: none
  bool is_uncut = false;                             // frames as they crossed
  bool is_of_drops = false;                          // frames that are dropped, and no others
};

// A port as one capture sees it.
struct CaptureInterface {
  CaptureInterface(std::uint32_t its_number, std::string its_name, std::string its_description)
      : number(its_number), name(std::move(its_name)), description(std::move(its_description)) {}

  const std::uint32_t number;
  const std::string name;
  const std::string description;
  std::atomic<std::uint64_t> missed = 0;
};

class Capture {
 public:
  static constexpr std::size_t most_ring_bytes = std::size_t{16} * 1'024 * 1'024;
  static constexpr std::size_t largest_ring_bytes = std::size_t{4} * 1'024 * 1'024;
  static constexpr std::size_t least_ring_bytes = std::size_t{1'024} * 1'024;
  static constexpr std::size_t most_interfaces = 16'384;

  struct Progress {
    std::uint64_t frames;  // written, as a wire has them
    std::uint64_t octets;  // of the file
    std::uint64_t missed;  // there was no room for them, or the file did not take them
    bool is_over;
    std::string why;  // it is over
  };

  // Begins to write. 'on_end' is called once, by another thread, when it is over and its file is
  // closed; it must not throw. What the kernel refuses is a bell or a thread. Throws
  // std::bad_alloc.
  [[nodiscard]] static KernelResult<std::shared_ptr<Capture>> start(CaptureEnds ends,
                                                                    const CaptureOptions& options,
                                                                    std::size_t worker_count,
                                                                    std::function<void()> on_end);
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture();

  // Returns null if there are most_interfaces.
  [[nodiscard]] std::shared_ptr<CaptureInterface> add_interface(const std::string& name,
                                                                const std::string& description);

  // A frame has come in by a port, is about to leave by it, or is dropped there.
  struct Look {
    Direction direction;
    VlanId vid;
    TimePoint when;
    std::optional<DropReason> dropped = {};
  };
  void take(std::size_t worker, CaptureInterface& interface, const Look& look,
            const FrameBuffer& frame) noexcept;

  // Ends it soon: what was taken is written, if the reader takes it within a second.
  void stop(std::string_view why = capture_end::stopped);

  [[nodiscard]] Progress progress() const;

 private:
  friend class CaptureWriter;

  // Shared with the writer's thread, which may end later than anybody asks.
  struct Shared {
    Shared(CaptureEnds its_ends, CaptureOptions its_options, std::function<void()> to_tell)
        : options(std::move(its_options)), ends(std::move(its_ends)), on_end(std::move(to_tell)) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { close_slowly(std::move(ends)); }

    const CaptureOptions options;
    CaptureEnds ends;
    const std::function<void()> on_end;
    std::vector<std::unique_ptr<CaptureRing>> rings = {};  // one a worker
    Bell stop_bell = {};
    std::atomic<bool> is_stopping = false;
    std::atomic<bool> is_over = false;
    std::atomic<std::uint64_t> frames = 0;
    std::atomic<std::uint64_t> octets = 0;
    mutable std::mutex mutex = {};  // guards what follows
    std::vector<std::shared_ptr<CaptureInterface>> interfaces = {};
    std::string why_stopped = {};
    std::string why = {};
  };

  explicit Capture(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  const std::shared_ptr<Shared> shared_;
};

}  // namespace tapswitch
