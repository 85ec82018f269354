// SPDX-License-Identifier: Apache-2.0
// walk_fuzz.cpp: no frames, whatever their bytes and their virtio-net headers, upset the way
// through a switch: received, admitted, tagged, cut or joined, and sent, by ports of every VLAN
// rule and every set of offloads; and no port is given what it does not take, not even copies by
// mirrors. Frames that a port lends fare as whole ones: two switches get the same, one of them
// lent, and must send the same. The input: the number of the ingress port, then frames, each as in
// 'Record'.
#include <sys/eventfd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/engine/worker_steps.hpp"
#include "switch/frame/octets.hpp"
#include "switch/ports/patch/frame_queue.hpp"
#include "tests/support/lending_port.hpp"

namespace tapswitch {
namespace {

using Bytes = std::span<const std::byte>;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// All that the ports of a switch have sent.
using Sent = std::vector<std::vector<std::byte>>;

// Notes what it is given, and checks it.
class CheckingPort final : public Port {
 public:
  CheckingPort(const OffloadSet& offloads, Sent& sent) : offloads_(offloads), sent_(sent) {}

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override { return -1; }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/,
                                      FrameBuffer& /*frame*/) noexcept override {
    return ReceiveStatus::empty;
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    const std::size_t size = frame.size();
    const Offload& offload = frame.offload();
    require(frame.head().size() >= std::min(size, FrameBuffer::lent_head_size));
    require(size >= FrameView::header_size && size <= FrameBuffer::max_frame_size);
    require(offloads_.accepts(offload));
    require(offload.is_plain() || offload.is_tunnelled() ||
            is_consistent(size, frame.layout(), offload));
    // As a port does that has framing, and a patch that copies.
    std::ranges::fill(frame.prefix(offload_header_size), std::byte{0});
    static FrameQueue queue(1 << 20, UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)));
    static FrameBuffer copy;
    require(queue.push(frame) && queue.pop(copy) && copy.size() == size);
    std::array<std::byte, offload_header_size> header{};
    write_offload(copy.offload(), header);
    sent_.emplace_back(header.begin(), header.end());
    sent_.back().insert(sent_.back().end(), copy.head().begin(), copy.head().end());
    return SendStatus::sent;
  }
  [[nodiscard]] OffloadSet offloads() const noexcept override { return offloads_; }
  [[nodiscard]] LinkStatus link() const override { return {}; }

 private:
  const OffloadSet offloads_;
  Sent& sent_;
};

// Headers that are found in a frame are there.
class CheckingObserver final : public PortObserver {
 public:
  [[nodiscard]] std::optional<DropReason> received(std::size_t /*worker*/, const FrameBuffer& frame,
                                                   VlanId /*vid*/,
                                                   TimePoint /*now*/) noexcept override {
    require(frame.layout() == Layout::find(frame.head()));
    return std::nullopt;
  }
  void cuts(std::size_t /*worker*/, const FrameBuffer& frame) noexcept override {
    require(frame.wire_count() > 0);
  }
  void drops(std::size_t /*worker*/, const FrameBuffer& frame,
             const Drop& /*drop*/) noexcept override {
    require(frame.size() <= FrameBuffer::max_frame_size + VlanTag::size);
  }
  void sends(std::size_t /*worker*/, const FrameBuffer& frame, VlanId /*vid*/) noexcept override {
    if (const auto headers = frame.layout().headers()) {
      require(headers->payload <= frame.head().size());
    }
  }
};

std::vector<VlanRule> every_vlan_rule() {
  return {
      {},
      {.mode = PortMode::access, .pvid = 10},
      {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet::of(10)},
      {.mode = PortMode::trunk, .pvid = 10, .native_tagged = true},
      {.mode = PortMode::tunnel, .pvid = 10},
      {.mode = PortMode::tunnel, .pvid = 1, .tunnel_type = TagType::customer},
      {.mode = PortMode::tunnel, .pvid = 10, .tunnel_type = TagType::vendor_9100},
      {.vendor_type = TagType::vendor_9100},
  };
}

// A switch without threads: its one worker is the fuzzer.
class World {
 public:
  // 'lends' says how its ports receive.
  explicit World(bool lends) : lends_(lends) {
    const OffloadSet sets[] = {
        {}, {.checksum = true}, {.checksum = true, .tso4 = true}, all_offloads};
    std::vector<std::optional<PortRule>> rules;
    for (const VlanRule& vlan : every_vlan_rule()) {
      for (const OffloadSet& offloads : sets) {
        rules.emplace_back(PortRule{.vlan = vlan});
        plug(offloads);
      }
    }
    auto mirrors = std::make_shared<MirrorRules>();
    for (const OffloadSet& offloads : sets) {
      mirrors->push_back(mirror_of_some(mirrors->size()));
      rules.emplace_back(PortRule{.vlan = {.pvid = no_vlan, .allowed = VlanSet()}});
      plug(offloads);
    }
    auto buffers = std::make_shared<MirrorBuffers>();
    buffers->push_back(std::make_unique<FrameBuffer>());
    Mirroring::lay(picture_, mirrors, buffers);
    picture_.snapshot = std::make_shared<const Snapshot>(
        SwitchRule{.forwarded_reserved = 0x4000,
                   .punts = {.reserved = 0x4001, .igmp = true, .mld = true}},
        rules);
    picture_.fdb = &fdb_;
    picture_.punts = &punts_;
    picture_.vlan_counters.push_back(vlan_counters_.get());
  }

  // Lets the frames come in by a port in one batch. Returns what was sent, and punted.
  Sent receive(std::size_t port, Bytes input) {
    const auto ingress = static_cast<PortIndex>(port % ports_.size());
    WorkerSteps steps(picture_, 0, ingress, tools_, TimePoint{});
    Walk walk(picture_, ingress, steps);
    std::size_t admitted = 0;
    while (admitted < arrivals_.size() && read(input, arrivals_[admitted].frame)) {
      admitted += walk.admit(arrivals_[admitted]) ? 1U : 0U;
    }
    for (std::size_t i = 0; i < admitted; ++i) {
      walk.forward(arrivals_[i]);
    }
    tools_.held.release();
    tools_.to_flush.flush();
    memory_.take_back();
    while (const auto punted = punts_.pop()) {
      require(punted->port == ingress);
      sent_.push_back(punted->bytes);
    }
    return std::exchange(sent_, {});
  }

 private:
  void plug(const OffloadSet& offloads) {
    const bool is_large = ports_.size() % 3 != 0;
    ports_.push_back(std::make_unique<CheckingPort>(offloads, sent_));
    counters_.push_back(std::make_unique<PortCounters[]>(1));
    picture_.slots.push_back({.port = ports_.back().get(),
                              .counters = counters_.back().get(),
                              .offloads = offloads,
                              .least_frame_size = is_large ? 0 : FrameView::least_wire_size,
                              .state = {.mtu = is_large ? 70'000U : 1'500U},
                              .observer = &observer_,
                              .is_watched = true});
  }

  // A mirror of some ports to the one that is plugged next, by turns of what comes in and of what
  // leaves. A copied frame may be finished for all: ports are to be left that have no mirror.
  [[nodiscard]] MirrorRule mirror_of_some(std::size_t number) const {
    const bool is_in = number % 2 == 0;
    MirrorRule rule{.to = static_cast<PortIndex>(ports_.size()),
                    .directions = {.in = is_in, .out = !is_in},
                    .snap_length = number < 2 ? std::size_t{0} : std::size_t{60}};
    for (std::size_t i = number; i < 16; i += 4) {
      rule.from.set(i);
    }
    return rule;
  }

  // Record: a virtio-net header, the size of the frame, how many bytes of it are given, and those;
  // the rest are zero. False: there is none more.
  bool read(Bytes& input, FrameBuffer& frame) {
    constexpr std::size_t head_size = offload_header_size + 4;
    if (input.size() < head_size) {
      return false;
    }
    const auto offload = read_offload(input.first<offload_header_size>());
    // The longest that there are are longer than a word can say.
    const std::size_t said = load_16(&input[offload_header_size]) * std::size_t{2};
    const std::size_t size = std::min(said, FrameBuffer::max_frame_size);
    const std::size_t given = load_16(&input[offload_header_size + 2]);
    input = input.subspan(head_size);
    const Bytes bytes = input.first(std::min({given, size, input.size()}));
    input = input.subspan(bytes.size());
    const auto space = frame.space().first(size);
    std::ranges::copy(bytes, space.begin());
    std::ranges::fill(space.subspan(bytes.size()), std::byte{0});
    frame.assign(size, offload.value_or(Offload()));
    if (lends_) {
      require(frame.borrow(memory_.lend(space), offload.value_or(Offload())));
    }
    return true;
  }

  const bool lends_;
  test::LentMemory memory_;
  Sent sent_;
  std::vector<std::unique_ptr<CheckingPort>> ports_;
  std::vector<std::unique_ptr<PortCounters[]>> counters_;
  std::unique_ptr<VlanCounters[]> vlan_counters_ = std::make_unique<VlanCounters[]>(reserved_vlan);
  CheckingObserver observer_;
  PuntQueue punts_{[] {}};
  Fdb fdb_{64, std::chrono::seconds(300), 1};
  Picture picture_;
  std::array<Arrival, 4> arrivals_;
  EgressTools tools_;
};

}  // namespace
}  // namespace tapswitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto whole = std::make_unique<tapswitch::World>(false);
  static const auto lent = std::make_unique<tapswitch::World>(true);
  if (size > 0) {
    const auto input = std::as_bytes(std::span(data, size)).subspan(1);
    tapswitch::require(whole->receive(data[0], input) == lent->receive(data[0], input));
  }
  return 0;
}
