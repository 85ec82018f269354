// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "switch/capture/capture_writer.hpp"
#include "switch/capture/captured_frame.hpp"

namespace tapswitch {

KernelResult<std::shared_ptr<Capture>> Capture::start(CaptureEnds ends,
                                                      const CaptureOptions& options,
                                                      std::size_t worker_count,
                                                      std::function<void()> on_end) {
  auto shared = std::make_shared<Shared>(std::move(ends), options, std::move(on_end));
  if (!shared->stop_bell.is_open()) {
    return kernel_error(errno, "eventfd2", "make", "the bell of a capture", "");
  }
  const std::size_t share = most_ring_bytes / worker_count & ~std::size_t{7};
  const std::size_t size = std::clamp(share, least_ring_bytes, largest_ring_bytes);
  for (std::size_t i = 0; i < worker_count; ++i) {
    shared->rings.push_back(std::make_unique<CaptureRing>(size));
  }
  // All that the thread needs is there before it is: nobody could be told what it lacks.
  auto writer = std::make_unique<CaptureWriter>(*shared);
  std::shared_ptr<Capture> capture(new Capture(shared));
  try {
    // The process does not wait for it at its end: a file system may hold it for ever.
    std::thread([shared, writer = std::move(writer)] { writer->run(); }).detach();
  } catch (const std::system_error& error) {
    return kernel_error(error.code().value(), "pthread_create", "start", "the thread of a capture",
                        "");
  }
  return capture;
}

Capture::~Capture() { stop(); }

std::shared_ptr<CaptureInterface> Capture::add_interface(const std::string& name,
                                                         const std::string& description) {
  const std::lock_guard lock(shared_->mutex);
  auto& all = shared_->interfaces;
  if (all.size() == most_interfaces) {
    return nullptr;
  }
  all.push_back(std::make_shared<CaptureInterface>(static_cast<std::uint32_t>(all.size()), name,
                                                   description));
  return all.back();
}

void Capture::take(std::size_t worker, CaptureInterface& interface, const Look& look,
                   const FrameBuffer& frame) noexcept {
  const CaptureOptions& options = shared_->options;
  const bool is_of_vlan = options.vlan == no_vlan || options.vlan == look.vid;
  if (!is_of_vlan || options.is_of_drops != look.dropped.has_value() ||
      !options.directions.has(look.direction) ||
      shared_->is_stopping.load(std::memory_order_relaxed)) {
    return;
  }
  // Frames that are to be cut or finished are needed whole, and are filtered afterwards; so are
  // those that lie in pieces.
  const bool is_final = (options.is_uncut || frame.offload().is_plain()) &&
                        (options.filter == nullptr || !frame.is_lent());
  if (is_final && options.filter && !options.filter->matches(frame.head(), frame.size())) {
    return;
  }
  const std::size_t kept = is_final && options.snap_length != 0
                               ? std::min(frame.size(), options.snap_length)
                               : frame.size();
  const Sighting seen{.interface = interface.number,
                      .direction = look.direction,
                      .when = look.when.time_since_epoch(),
                      .dropped = look.dropped,
                      .is_final = is_final};
  if (!CapturedFrame::put(*shared_->rings[worker], seen, frame, kept)) {
    interface.missed.fetch_add(options.is_uncut ? 1 : frame.wire_count(),
                               std::memory_order_relaxed);
  }
}

void Capture::stop(std::string_view why) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->why_stopped.empty()) {
      shared_->why_stopped = why;
    }
  }
  shared_->is_stopping = true;
  shared_->stop_bell.ring();
}

Capture::Progress Capture::progress() const {
  Progress progress{.frames = shared_->frames,
                    .octets = shared_->octets,
                    .missed = 0,
                    .is_over = shared_->is_over,
                    .why = {}};
  const std::lock_guard lock(shared_->mutex);
  for (const auto& interface : shared_->interfaces) {
    progress.missed += interface->missed;
  }
  progress.why = shared_->why;
  return progress;
}

}  // namespace tapswitch
