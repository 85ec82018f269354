// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/port_sampler.hpp"

#include <algorithm>
#include <utility>

#include "switch/frame/frame_view.hpp"
#include "switch/sampling/drop_code.hpp"
#include "switch/sampling/sampled_frame.hpp"
#include "switch/sampling/sflow_records.hpp"

namespace tapswitch {
namespace {

// Returns how long the frame of number 'at' is, of 'count' that a wire would have carried.
std::size_t size_on_wire(const FrameBuffer& frame, std::size_t at, std::size_t count) {
  const std::size_t each = frame.wire_size();
  const auto headers = frame.headers_of_segments();
  if (count == 1 || !headers || at + 1 < count) {
    return std::min(each, frame.size());
  }
  const std::size_t before = (count - 1) * (each - std::min(each, headers->payload));
  return frame.size() - std::min(frame.size(), before);  // the last has what is left
}

std::uint8_t priority_of(const FrameBuffer& frame) {
  const auto view = FrameView::parse(frame.head());
  const auto tag = view ? view->tag() : std::nullopt;
  return tag ? tag->priority : std::uint8_t{0};
}

}  // namespace

SampleIntake::SampleIntake(std::size_t worker_count) {
  for (std::size_t i = 0; i < worker_count; ++i) {
    rings.push_back(std::make_unique<CaptureRing>(ring_bytes));
  }
}

PortSampler::PortSampler(const Settings& settings, std::shared_ptr<SampleIntake> intake,
                         std::shared_ptr<const PortNumberTable> ports)
    : settings_(settings), intake_(std::move(intake)), ports_(std::move(ports)) {
  of_workers_.reserve(intake_->rings.size());
  for (std::size_t worker = 0; worker < intake_->rings.size(); ++worker) {
    draw(of_workers_.emplace_back(settings.seed, worker));
  }
}

void PortSampler::draw(OfWorker& mine) const noexcept {
  const std::uint64_t choices = std::uint64_t{2} * std::max(settings_.rate, 1U) - 1;
  mine.drawn = static_cast<std::uint32_t>(1 + mine.dice.number() % choices);
  mine.left = mine.drawn;
}

void PortSampler::sample(std::size_t worker, const FrameBuffer& frame, std::size_t count,
                         const Look& look) noexcept {
  OfWorker& mine = of_workers_[worker];
  SampledFrame sampled{.port = settings_.port,
                       .rate = settings_.rate,
                       .input = settings_.port,
                       .output = output_of(frame, look),
                       .vid = look.vid,
                       .priority = priority_of(frame)};
  std::size_t at = 0;
  for (; count - at >= mine.left; draw(mine)) {
    at += mine.left;
    mine.pool.store(mine.pool.load(std::memory_order_relaxed) + mine.drawn,
                    std::memory_order_relaxed);
    sampled.pool = sum(&OfWorker::pool);
    sampled.lost = sum(&OfWorker::lost);
    sampled.size = static_cast<std::uint32_t>(size_on_wire(frame, at - 1, count));
    const std::size_t kept = std::min<std::size_t>(settings_.header_bytes, sampled.size);
    if (!put(*intake_->rings[worker], sampled, frame, kept)) {
      add_one(mine.lost);
    }
  }
  mine.left -= static_cast<std::uint32_t>(count - at);
}

// The decision is not taken yet. It goes by what the FDB says, but for frames that are refused.
std::uint32_t PortSampler::output_of(const FrameBuffer& frame, const Look& look) const noexcept {
  if (look.vid == no_vlan) {
    return to_none | static_cast<std::uint32_t>(DropCode::unknown);
  }
  const MacAddress destination = MacAddress::read(frame.head().data());
  if (destination.is_group()) {
    return to_several_ports;
  }
  const auto port = settings_.fdb->find({look.vid, destination}, look.now);
  return port ? ports_->numbers[to_size(*port)].load(std::memory_order_relaxed) : to_several_ports;
}

void PortSampler::drops(std::size_t worker, const FrameBuffer& frame, const Drop& drop) noexcept {
  if (!settings_.tells_drops) {
    return;
  }
  OfWorker& mine = of_workers_[worker];
  if (!intake_->drops.take()) {
    add_one(mine.lost_drops);
    return;
  }
  const bool is_in = drop.direction == Direction::in;
  const SampledFrame dropped{.port = settings_.port,
                             .lost = sum(&OfWorker::lost_drops),
                             .input = is_in ? settings_.port : 0,
                             .output = is_in ? 0 : settings_.port,
                             .reason = static_cast<std::uint32_t>(code_of(drop.reason)),
                             .size = static_cast<std::uint32_t>(frame.size()),
                             .vid = drop.vid};
  if (!put(*intake_->rings[worker], dropped, frame, settings_.header_bytes)) {
    add_one(mine.lost_drops);
  }
}

std::uint32_t PortSampler::sum(Count count) const noexcept {
  std::uint32_t all = 0;
  for (const OfWorker& each : of_workers_) {
    all += (each.*count).load(std::memory_order_relaxed);
  }
  return all;
}

}  // namespace tapswitch
