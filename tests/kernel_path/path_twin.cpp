// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel_path/path_twin.hpp"

#include <bpf/bpf.h>

#include <system_error>

#include "switch/engine/walk.hpp"
#include "tests/support/frame_builder.hpp"

// The build defines them (embed.cmake).
extern const unsigned char path_run_object[];
extern const std::size_t path_run_object_size;

namespace tapswitch::test {
namespace {

constexpr std::uint32_t test_interface = 1;  // lo; a test run has it unless it is told otherwise
constexpr std::uint32_t first_interface = 100;
constexpr int undecided = 100;
constexpr int redirected = 7;  // TC_ACT_REDIRECT

TimePoint steady_now() { return std::chrono::steady_clock::now(); }

std::uint32_t second_of(TimePoint time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// Does a worker's part at each step, but that frames are noted instead of sent.
struct NotingSteps {
  Fdb& known;
  PortIndex ingress;
  TimePoint time;
  std::optional<Learned> learned = std::nullopt;
  Exits exits = {};
  FrameBuffer buffer = {};

  [[nodiscard]] TimePoint now() const { return time; }
  [[nodiscard]] const Fdb& fdb() const { return known; }
  FrameBuffer& segment() { return buffer; }
  void arrived(const FrameBuffer& /*frame*/) {}
  void parsed(const FrameView& /*view*/, std::size_t /*size*/) {}
  std::optional<DropReason> observed(const FrameBuffer& /*frame*/, VlanId /*vid*/) {
    return std::nullopt;
  }
  void classified(const FrameView& /*view*/, const Classification& /*classification*/) {}
  void entered(VlanId /*vid*/, std::size_t /*size*/) {}
  std::optional<Learned> learn(Station station, const PortView& port) {
    if (port.learning()) {
      learned = known.learn(station, ingress, port.fdb_limit(), time);
    }
    return learned;
  }
  void decides(const FrameView& /*view*/, VlanId /*vid*/) {}
  void decided(const Decision& /*decision*/) {}
  bool is_limited(FloodKind /*kind*/, const FrameBuffer& /*frame*/) { return false; }
  void punt(FrameBuffer& /*frame*/, VlanId /*vid*/, std::optional<Learned> /*learned*/) {}
  void drop(DropReason /*reason*/, const FrameBuffer& /*frame*/, VlanId /*vid*/) {}
  void refuse(PortIndex /*port*/, AddressKind /*kind*/, DropReason /*reason*/,
              const FrameBuffer& /*frame*/) {}
  void leave(PortIndex port, AddressKind kind, FrameBuffer& frame, bool /*may_be_held*/) {
    leave_cut(port, kind, frame);
  }
  void cuts(PortIndex /*port*/, const FrameBuffer& /*frame*/) {}
  void leave_cut(PortIndex port, AddressKind /*kind*/, FrameBuffer& frame) {
    exits.emplace_back(port, std::vector(frame.head().begin(), frame.head().end()));
  }
  void crossed(AddressKind /*kind*/) {}
};

std::uint32_t segments_of(const Incoming& incoming) {
  const auto size = incoming.offload.segment_size;
  return size == 0 ? 0 : static_cast<std::uint32_t>((incoming.bytes.size() + size - 1) / size);
}

}  // namespace

PathTwin::PathTwin()
    : program_(PathProgram::load(std::as_bytes(std::span(path_run_object, path_run_object_size)))
                   .value()),
      tables_(program_) {}

void PathTwin::set_ports(const std::vector<PortRule>& rules, const SwitchRule& rule,
                         std::uint32_t mtu, std::size_t least_size) {
  for (std::size_t i = 0; picture_ && i < picture_->slots.size(); ++i) {
    const auto index = static_cast<PortIndex>(i);
    tables_.remove_port(words_of(index, first_interface));
    tables_.clear_port_counters(place_of(index));
  }
  for (const path_station& station : mirrored_) {
    tables_.remove_station(station);
  }
  mirrored_.clear();
  fdb_ = std::make_unique<Fdb>(100, ageing, 1);
  picture_ = std::make_unique<Picture>();
  const std::vector<std::optional<PortRule>> all(rules.begin(), rules.end());
  picture_->snapshot = std::make_shared<const Snapshot>(rule, all);
  picture_->slots.resize(rules.size());
  for (Picture::Slot& slot : picture_->slots) {
    slot.offloads = all_offloads;
    slot.state.mtu = mtu;
    slot.least_frame_size = least_size;
  }
  picture_->fdb = fdb_.get();
  ++generation_;
  tables_.set_switch(switch_number, {.generation = generation_,
                                     .ageing = static_cast<std::uint32_t>(ageing.count()),
                                     .unused = 0});
}

path_port PathTwin::words_of(PortIndex index, std::uint32_t ifindex) const {
  path_port port = path_port_of(picture_->snapshot->port(index));
  port.generation = generation_;
  port.ifindex = ifindex;
  port.switch_number = switch_number;
  port.index = static_cast<std::uint32_t>(to_size(index));
  port.counters = place_of(index);
  port.mtu = picture_->slot(index).state.mtu;
  port.least_size = static_cast<std::uint32_t>(picture_->slot(index).least_frame_size);
  port.flags |= path_is_far;
  return port;
}

void PathTwin::know(Station station, PortIndex port, StationKind kind, std::chrono::seconds age) {
  const TimePoint heard = steady_now() - age;
  const bool is_fixed = kind == StationKind::static_entry;
  if (is_fixed) {
    (void)fdb_->add_static(station, port);
  } else {
    if (fdb_->learn(station, port, 0, heard) == Learned::fixed) {
      return;
    }
  }
  const path_station key = path_station_of(switch_number, station);
  const bool is_put = tables_.put_station(key, {.index = static_cast<std::uint32_t>(to_size(port)),
                                                .is_fixed = is_fixed ? 1U : 0U,
                                                .heard = second_of(heard),
                                                .unused = 0});
  if (!is_put) {
    throw std::runtime_error("the map of stations has no room");
  }
  mirrored_.push_back(key);
}

// A station that is known for longer stays as it is there: what the path has heard of it counts.
void PathTwin::mirror() {
  const TimePoint now = steady_now();
  for (const FdbEntry& entry : fdb_->page({}, 0, 1000, now).entries) {
    const path_station key = path_station_of(switch_number, entry.station);
    const auto index = static_cast<std::uint32_t>(to_size(entry.port));
    const std::uint32_t heard = second_of(now - entry.age);
    const auto there = tables_.find_station(key);
    if (!there || there->index != index || static_cast<std::int32_t>(heard - there->heard) > 0) {
      (void)tables_.put_station(key, {.index = index,
                                      .is_fixed = entry.kind == StationKind::static_entry ? 1U : 0U,
                                      .heard = heard,
                                      .unused = 0});
      mirrored_.push_back(key);
    }
  }
}

std::optional<Exits::value_type> PathTwin::by_path(const Incoming& incoming) {
  for (std::size_t i = 0; i < picture_->slots.size(); ++i) {
    const auto index = static_cast<PortIndex>(i);
    const bool is_ingress = index == incoming.port;
    if (!tables_.put_port(words_of(index, is_ingress
                                              ? test_interface
                                              : first_interface + static_cast<std::uint32_t>(i)))) {
      throw std::runtime_error("the maps of ports have no room");
    }
  }
  // No shorter frame comes in.
  if (incoming.bytes.size() < FrameView::header_size) {
    return std::nullopt;
  }
  std::vector<std::byte> out(incoming.bytes.size() + 2 * VlanTag::size);
  __sk_buff before{};
  before.ifindex = test_interface;
  before.gso_size = incoming.offload.segment_size;
  before.gso_segs = segments_of(incoming);
  __sk_buff after{};
  bpf_test_run_opts run{};
  run.sz = sizeof run;
  run.data_in = incoming.bytes.data();
  run.data_size_in = static_cast<std::uint32_t>(incoming.bytes.size());
  run.data_out = out.data();
  run.data_size_out = static_cast<std::uint32_t>(out.size());
  run.ctx_in = &before;
  run.ctx_size_in = sizeof before;
  run.ctx_out = &after;
  run.ctx_size_out = sizeof after;
  if (const int error = ::bpf_prog_test_run_opts(program_.program("path_run"), &run)) {
    throw std::system_error(-error, std::system_category(), "BPF_PROG_TEST_RUN");
  }
  if (run.retval >= undecided) {
    return std::nullopt;
  }
  if (run.retval != redirected) {
    throw std::runtime_error("the path has decided on a frame, and does not forward it");
  }
  out.resize(run.data_size_out);
  const std::uint32_t to = after.cb[0];
  return std::pair(
      to == test_interface ? incoming.port : static_cast<PortIndex>(to - first_interface),
      std::move(out));
}

PathTwin::Walked PathTwin::by_worker(const Incoming& incoming) {
  NotingSteps steps{.known = *fdb_, .ingress = incoming.port, .time = steady_now()};
  Walk<NotingSteps> walk(*picture_, incoming.port, steps);
  Arrival arrival;
  std::copy(incoming.bytes.begin(), incoming.bytes.end(), arrival.frame.space().begin());
  arrival.frame.assign(incoming.bytes.size(), incoming.offload);
  if (walk.admit(arrival)) {
    (void)walk.forward(arrival);
  }
  mirror();
  return {.exits = std::move(steps.exits),
          .is_news = steps.learned && *steps.learned != Learned::refreshed &&
                     *steps.learned != Learned::fixed};
}

}  // namespace tapswitch::test
