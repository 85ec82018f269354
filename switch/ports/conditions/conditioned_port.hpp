// SPDX-License-Identifier: Apache-2.0
// conditioned_port.hpp: a port around a port, which has the line behind that one be worse than it
// is: frames come later, twice, garbled, or not at all (switch/conditions). So no port knows of
// conditions, and none is asked for them; who has none pays nothing.
//
// Theory of operation: frames that wait are copied. A timer for each direction is among the
// descriptors of the first queue, so that the worker that receives by that is woken when a frame is
// due, and lets out those that leave before it receives. A timer rings by a head start before the
// next frame is due and stays readable until it has left, so that the worker, once awake, asks
// again and again; it is set anew when the next one is due later. A worker that is awake anyway
// gets no head start. Super-frames are cut first, those that leave by whoever sends them, for the
// port says that it takes none. Frames of further queues come in by the first one, behind one
// another. Threads: as any port; set() and what concerns the inner port by the control thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "switch/conditions/head_start.hpp"
#include "switch/conditions/line.hpp"
#include "switch/frame/segmentation.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/timer.hpp"

namespace tapswitch {

class ConditionedPort final : public Port {
 public:
  // 'inner', which receives by a queue or more, must outlive it, or be its own by own().
  [[nodiscard]] static KernelResult<std::unique_ptr<ConditionedPort>> open(
      Port& inner, const PortConditions& conditions, const std::shared_ptr<WaitingRoom>& room);

  // Keeps the port that it is around; gives it back.
  void own(std::unique_ptr<Port> inner) { owned_ = std::move(inner); }
  [[nodiscard]] std::unique_ptr<Port> release() { return std::move(owned_); }

  // Makes the conditions others. What waits comes out no later than they delay it; where they are
  // none, at once.
  void set(const PortConditions& conditions);

  // Whether it has no conditions and nothing waits or is being cut: then frames lose nothing if it
  // goes.
  [[nodiscard]] bool is_clear();

  [[nodiscard]] std::size_t queue_count() const noexcept override { return entrances_.size(); }
  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return inner_.descriptor(queue);
  }
  [[nodiscard]] std::span<const int> further_descriptors(
      std::size_t queue) const noexcept override {
    return entrances_[queue].further;
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] ReceiveStatus receive_further(std::size_t queue,
                                              FrameBuffer& frame) noexcept override;

  [[nodiscard]] bool has_more(std::size_t queue) const noexcept override {
    return inner_.has_more(queue);
  }
  void give_back(std::size_t queue) noexcept override { inner_.give_back(queue); }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus unsent_status() const noexcept override {
    return unsent_ == SendStatus::sent ? inner_.unsent_status() : unsent_;
  }
  [[nodiscard]] bool keeps_back() const noexcept override { return inner_.keeps_back(); }
  void flush() noexcept override { inner_.flush(); }
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return inner_.least_frame_size();
  }
  [[nodiscard]] bool counts_service_tags() const noexcept override {
    return inner_.counts_service_tags();
  }
  [[nodiscard]] OffloadSet offloads() const noexcept override {
    return {.checksum = inner_.offloads().checksum};
  }
  [[nodiscard]] LinkStatus link() const override { return inner_.link(); }
  [[nodiscard]] PathSeat path_seat() const override { return {.refusal = "it has conditions"}; }

 private:
  // One direction. Its mutex guards the rest.
  struct Way {
    std::mutex mutex;
    Line line;
    Timer timer;                        // readable when the next of the line is about due
    std::optional<TimePoint> due = {};  // of the frame that the timer is set for
    TimePoint rings = {};               // when the timer is readable, if it is set
    bool is_slept_for = false;          // nobody has come since it was set for a sleeper
    HeadStart head_start = {};

    void arm(TimePoint now) noexcept;
    // Somebody has come, who may have been woken by the timer.
    void note_arrival(TimePoint now) noexcept;
  };

  // A queue of the inner port, and the super-frame from there that is being cut.
  struct Entrance {
    Timer again;               // readable while there are segments
    std::vector<int> further;  // descriptors: the timers that ring for this queue
    std::unique_ptr<FrameBuffer> whole;
    std::optional<Segmenter> segments;  // of 'whole'
    int depth = 1;                      // how many frames are taken before others have their turn
    bool has_more = false;     // the inner port keeps some, of which its descriptor does not tell
    bool is_to_go_on = false;  // the timer is set
    bool is_taking = false;    // what it takes may be cut, or enter the line; guarded by in_.mutex

    // Whether there is more of which no descriptor tells.
    [[nodiscard]] bool keeps_some() const { return segments || has_more; }
  };

  ConditionedPort(Port& inner, const PortConditions& conditions,
                  const std::shared_ptr<WaitingRoom>& room, Timer in, Timer out,
                  std::vector<Entrance> entrances);

  [[nodiscard]] bool send_due(FrameBuffer& frame, TimePoint now) noexcept;
  [[nodiscard]] ReceiveStatus let_in(FrameBuffer& frame, TimePoint now) noexcept;
  [[nodiscard]] ReceiveStatus take_in(std::size_t queue, FrameBuffer& frame) noexcept;
  [[nodiscard]] ReceiveStatus receive_cut(std::size_t queue, FrameBuffer& frame) noexcept;

  Port& inner_;
  std::unique_ptr<Port> owned_;
  std::vector<Entrance> entrances_;  // by queue
  Way in_;
  Way out_;
  SendStatus unsent_ = SendStatus::sent;  // for the worker of the first queue
};

}  // namespace tapswitch
