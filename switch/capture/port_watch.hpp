// SPDX-License-Identifier: Apache-2.0
// port_watch.hpp: shows the frames of a port to the captures that it is part of.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "switch/capture/capture.hpp"
#include "switch/capture/frame_numbers.hpp"
#include "switch/engine/observer.hpp"

namespace tapswitch {

class PortWatch final : public PortObserver {
 public:
  struct Watcher {
    std::shared_ptr<Capture> capture;
    std::shared_ptr<CaptureInterface> interface;  // the port, as that capture sees it
  };

  PortWatch(std::vector<Watcher> watchers, std::shared_ptr<FrameNumbers> numbers)
      : watchers_(std::move(watchers)), numbers_(std::move(numbers)) {}

  [[nodiscard]] std::optional<DropReason> received(std::size_t worker, const FrameBuffer& frame,
                                                   VlanId vid,
                                                   TimePoint /*now*/) noexcept override {
    show(worker, frame, {.direction = Direction::in, .vid = vid, .when = time()});
    return std::nullopt;
  }

  // The segments have the numbers of the whole, at each port by which they leave.
  void cuts(std::size_t worker, const FrameBuffer& frame) noexcept override {
    numbers_->give(worker, frame);
  }

  void sends(std::size_t worker, const FrameBuffer& frame, VlanId vid) noexcept override {
    show(worker, frame, {.direction = Direction::out, .vid = vid, .when = time()});
  }

  void drops(std::size_t worker, const FrameBuffer& frame, const Drop& drop) noexcept override {
    show(worker, frame,
         {.direction = drop.direction, .vid = drop.vid, .when = time(), .dropped = drop.reason});
  }

 private:
  // The frames of a batch have come at one time for the switch, but not for who reads of them.
  static TimePoint time() noexcept { return std::chrono::steady_clock::now(); }

  void show(std::size_t worker, const FrameBuffer& frame, const Capture::Look& look) noexcept {
    numbers_->give(worker, frame);
    for (const Watcher& watcher : watchers_) {
      watcher.capture->take(worker, *watcher.interface, look, frame);
    }
  }

  const std::vector<Watcher> watchers_;
  const std::shared_ptr<FrameNumbers> numbers_;
};

}  // namespace tapswitch
