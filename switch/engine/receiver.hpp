// SPDX-License-Identifier: Apache-2.0
// receiver.hpp: the part of a worker that forwards what comes in by one queue of a port. worker.hpp
// has the theory of operation. Threads: the worker's alone.
#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/engine/worker.hpp"

namespace tapswitch {

// Has 'epoll' tell of 'fd' by 'data'.
inline KernelResult<void> watch(const UniqueFd& epoll, int fd, void* data) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = data}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    KernelError error = kernel_error(errno, "epoll_ctl", "wait for", "the frames of a port", {});
    if (error.number == ENOSPC) {
      error.hint =
          "its user may watch no more descriptors: raise /proc/sys/fs/epoll/max_user_watches";
    }
    return error;
  }
  return {};
}

inline std::vector<int> descriptors_of(const Port& port, std::size_t queue) {
  std::vector<int> all{port.descriptor(queue)};
  const std::span<const int> further = port.further_descriptors(queue);
  all.insert(all.end(), further.begin(), further.end());
  return all;
}

// Rings when a receiver has something to do: of the port's own descriptor, or of its further ones.
struct Worker::Bell {
  Receiver* receiver;
  std::size_t depth = 1;  // how many frames are received before the first is forwarded
};

// Forwards what comes in by one queue of a port. Lives on its worker's thread alone.
class Worker::Receiver {
 public:
  Receiver(Worker& worker, const std::shared_ptr<const Picture>& picture, PortIndex index,
           std::size_t queue, PortNews on_news)
      : worker_(worker),
        picture_(picture),
        index_(index),
        queue_(queue),
        port_(*picture->slot(index).port),
        descriptors_(descriptors_of(port_, queue)),
        on_news_(std::move(on_news)) {}

  // Once, and it must not move afterwards.
  [[nodiscard]] KernelResult<void> start() {
    is_stopped_ = false;
    for (const int descriptor : descriptors_) {
      Bell& bell = descriptor == descriptors_.front() ? port_bell_ : further_bell_;
      if (auto watched = watch(worker_.epoll_, descriptor, &bell); !watched) {
        stop();
        return watched;
      }
    }
    return {};
  }

  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() { assert(is_stopped_); }

  [[nodiscard]] std::size_t queue() const { return queue_; }

  // The descriptors belong to the port, which may close them from now on.
  void stop() {
    if (std::exchange(is_stopped_, true)) {
      return;
    }
    for (const int descriptor : descriptors_) {
      (void)epoll_ctl(worker_.epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    }
  }

  void on_readable(Bell& bell) {
    if (is_stopped_) {
      return;
    }
    const ReceiveStatus status = receive_batch(bell);
    if (status == ReceiveStatus::gone && !is_stopped_) {
      stop();
      tell();
    }
  }

  // Forwards what was read ahead and waits behind the mail that is being looked at.
  void finish() {
    while (!ahead_.empty()) {
      (void)forward_until_mail(false);
    }
    let_go_of_frames();
    port_.give_back(queue_);
  }

 private:
  // The walk of this batch's frames by the present picture.
  struct BatchWalk {
    explicit BatchWalk(const Receiver& receiver)
        : steps(*receiver.picture_, receiver.worker_.number_, receiver.index_,
                receiver.worker_.egress_tools_, receiver.now_),
          walk(*receiver.picture_, receiver.index_, steps) {}

    WorkerSteps steps;
    Walk<WorkerSteps> walk;
  };

  // Forwards until nothing more is there or the batch has cost enough; says how it ended. A first
  // frame alone ends it too: most often nothing follows, and if it does we are told.
  ReceiveStatus receive_batch(Bell& bell) {
    now_ = std::chrono::steady_clock::now();
    const bool is_first = bell.depth == 1;
    auto status = ReceiveStatus::received;
    std::size_t cost = 0;
    do {
      cost += bell.depth;
      status = read_ahead(bell);
      if (!ahead_.empty()) {
        worker_.last_frame_ = now_;
      }
      cost += forward_ahead();
      if (is_stopped_) {
        return status;
      }
      bell.depth = has_frame(status) ? std::min(2 * bell.depth, look_ahead) : 1;
    } while (status == ReceiveStatus::more ||
             (status == ReceiveStatus::received && !is_first && cost < batch_cost));
    worker_.egress_tools_.to_flush.flush();
    port_.give_back(queue_);
    return status;
  }

  // Returns what it cost. The receiver may be stopped afterwards.
  std::size_t forward_ahead() {
    std::size_t cost = forward_until_mail(true);
    while (!ahead_.empty()) {
      look_at_mail();
      cost += forward_until_mail(true);
    }
    worker_.egress_tools_.held.release();
    return cost;
  }

  // Forwards what was read ahead, by the present picture; with 'heeds_mail' until there is mail
  // behind a flood. A flood to thousands of ports takes milliseconds, a frame to one port does not.
  std::size_t forward_until_mail(bool heeds_mail) {
    BatchWalk batch(*this);
    std::size_t cost = 0;
    std::size_t done = 0;
    for (Arrival& arrival : ahead_) {
      const std::size_t copies = arrival.admission ? batch.walk.forward(arrival) : 0;
      cost += copies;
      ++done;
      if (copies > 1 && heeds_mail && worker_.has_mail()) {
        break;
      }
    }
    ahead_ = ahead_.subspan(done);
    return cost;
  }

  // Does what the mail asks for, with frames before it that were read ahead: they go on by the
  // picture that it may bring. Nothing of a port may be at hand meanwhile, for the port may go.
  void look_at_mail() {
    let_go_of_frames();
    worker_.waiting_ = this;
    worker_.empty_mailbox();
    worker_.waiting_ = nullptr;
    if (is_stopped_) {
      return;
    }
    BatchWalk batch(*this);
    for (Arrival& arrival : ahead_) {
      batch.walk.admit_again(arrival);
    }
  }

  void let_go_of_frames() {
    worker_.egress_tools_.held.release();
    worker_.egress_tools_.to_flush.flush();
  }

  // Receives at most so many frames as are read ahead and admits them, in the order in which they
  // come; says how it ended.
  ReceiveStatus read_ahead(const Bell& bell) {
    BatchWalk batch(*this);
    std::size_t admitted = 0;
    const ReceiveStatus status = receive_and_admit(bell, batch.walk, admitted);
    ahead_ = std::span(worker_.arrivals_).first(admitted);
    return status;
  }

  ReceiveStatus receive_and_admit(const Bell& bell, Walk<WorkerSteps>& walk,
                                  std::size_t& admitted) {
    const Picture::Slot& slot = picture_->slot(index_);
    std::size_t octets = 0;
    auto last = ReceiveStatus::received;
    for (std::size_t i = 0; i < bell.depth && octets < look_ahead_octets; ++i) {
      Arrival& arrival = worker_.arrivals_[admitted];
      const ReceiveStatus status = &bell == &port_bell_
                                       ? slot.port->receive(queue_, arrival.frame)
                                       : slot.port->receive_further(queue_, arrival.frame);
      last = ReceiveStatus::received;
      if (has_frame(status)) {
        last = status;
        octets += arrival.frame.size();
        admitted += walk.admit(arrival) ? 1U : 0U;
      } else if (const auto reason = reason_of_loss(status)) {
        if (status < ReceiveStatus::lost) {
          arrival.frame.assign(0);  // nothing of it is left
        }
        lose(arrival.frame, Direction::in, *reason);
        last = slot.port->has_more(queue_) ? ReceiveStatus::more : last;
      } else if (status == ReceiveStatus::unsent) {
        const auto why = reason_of(slot.port->unsent_status());
        lose(arrival.frame, Direction::out, why.value_or(DropReason::busy));
      } else if (status == ReceiveStatus::changed) {
        tell();
      } else {
        return status;
      }
    }
    return last;
  }

  // Counts a frame that the port has lost.
  void lose(const FrameBuffer& frame, Direction direction, DropReason reason) {
    const Picture::Slot& slot = picture_->slot(index_);
    slot.counters[worker_.number_].drop(reason);
    if (slot.observer != nullptr) {
      slot.observer->drops(worker_.number_, frame,
                           {.direction = direction, .vid = no_vlan, .reason = reason});
    }
  }

  // A word for which there is no memory is lost: whoever it is for looks by himself at times.
  void tell() const noexcept {
    try {
      on_news_(index_);
    } catch (const std::bad_alloc&) {
    }
  }

  Worker& worker_;
  const std::shared_ptr<const Picture>& picture_;  // the worker's present one
  const PortIndex index_;
  const std::size_t queue_;
  Port& port_;
  const std::vector<int> descriptors_;
  const PortNews on_news_;
  Bell port_bell_{.receiver = this};
  Bell further_bell_{.receiver = this};
  TimePoint now_{};           // when the batch began
  std::span<Arrival> ahead_;  // admitted and not forwarded yet; empty between two batches
  bool is_stopped_ = true;
};

}  // namespace tapswitch
