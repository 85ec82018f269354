// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/switch.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <random>
#include <utility>

#include "switch/engine/do_or.hpp"
#include "switch/ports/close_together.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t vlan_table_size = reserved_vlan;

std::uint64_t random_salt() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Switch::Switch(WorkerPool& pool, const SwitchOptions& options, Worker::PortNews on_news,
               std::function<void()> on_punt)
    : pool_(pool),
      id_(pool.new_switch_id()),
      on_news_(std::move(on_news)),
      fdb_(options.fdb_capacity, options.ageing, random_salt()),
      rule_(options.rule),
      punts_(std::move(on_punt)),
      unsent_(std::make_shared<std::atomic<std::size_t>>(0)) {
  for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
    vlan_counters_.emplace_back(vlan_table_size);
  }
  hand_over(draw());
}

Switch::~Switch() { close_together(take_ports()); }

std::vector<std::unique_ptr<Port>> Switch::take_ports() {
  stop_receiving();
  pool_.adopters().go_back(id_, nullptr);
  std::vector<std::unique_ptr<Port>> ports;
  for (Entry& entry : entries_) {
    if (entry.port) {
      release_workers(entry);
      ports.push_back(std::move(entry.port));
    }
  }
  return ports;
}

std::optional<PortIndex> Switch::free_index() {
  const auto hole = std::find_if(entries_.begin(), entries_.end(),
                                 [](const Entry& entry) { return !entry.port; });
  const auto index = static_cast<std::size_t>(hole - entries_.begin());
  if (index == max_ports) {
    return std::nullopt;
  }
  if (hole == entries_.end()) {
    entries_.emplace_back();
    rules_.emplace_back();
  }
  return static_cast<PortIndex>(index);
}

KernelResult<PortIndex> Switch::add_port(std::unique_ptr<Port>&& port, const PortRule& rule,
                                         std::optional<std::size_t> worker,
                                         const PortState& state) {
  const auto index = free_index();
  if (!index) {
    return kernel_error(EMFILE, "add_port", "add", "one more port to a switch");
  }
  Entry& added = entries_[to_size(*index)];
  added.counters = std::make_unique<PortCounters[]>(pool_.count());
  added.worker = worker.value_or(pool_.idlest_worker());
  added.state = state;
  added.port = std::move(port);
  rules_[to_size(*index)] = rule;
  noted_.coming.set(to_size(*index));
  engage_workers(added);
  if (is_composed_) {
    return *index;
  }
  const auto give_back = [&] { port = take_out(*index); };
  const auto refusal = do_or([this] { return bring(); }, give_back);
  if (refusal) {
    give_back();
    return refusal->error;
  }
  return *index;
}

std::unique_ptr<Port> Switch::take_out(PortIndex index) {
  const std::size_t i = to_size(index);
  for (Noted::PortSet* set :
       {&noted_.other_vlans, &noted_.link_lost, &noted_.coming, &noted_.going}) {
    set->reset(i);
  }
  release_workers(entries_[i]);
  leave_mirrors(index);
  rules_[i].reset();
  return std::exchange(entries_[i], Entry{}).port;
}

// A picture is drawn before the kernel is asked for anything: it may be that there is no memory.
std::unique_ptr<Port> Switch::remove_port(PortIndex index) {
  if (is_in_force(index)) {
    const bool was_going = noted_.going.test(to_size(index));
    noted_.going.set(to_size(index));
    do_or([this] { hand_over(draw()); }, [&] { noted_.going.set(to_size(index), was_going); });
  }
  // Only now: until the last worker had the new picture, the port could still be learned on.
  if (fdb_.count_on(index) > 0) {
    fdb_.flush({.port = index});
  }
  return take_out(index);
}

KernelResult<void> Switch::keep_port(PortIndex index) {
  noted_.going.reset(to_size(index));
  if (is_in_force(index)) {
    return {};
  }
  noted_.coming.set(to_size(index));
  const auto refusal = is_composed_ ? std::nullopt : bring();
  return refusal ? KernelResult<void>(refusal->error) : KernelResult<void>();
}

KernelResult<void> Switch::replace_port(PortIndex index, std::unique_ptr<Port>& port) {
  Entry& entry = entries_[to_size(index)];
  const auto swap = [&] {
    release_workers(entry);
    port.swap(entry.port);
    engage_workers(entry);
  };
  swap();
  if (!is_in_force(index)) {
    return {};
  }
  auto next = do_or([this] { return draw(picture_->snapshot); }, swap);
  swap();
  detach(index);
  swap();
  const auto before = picture_;
  const Noted noted = noted_;
  do_or([&] { hand_over_state(std::move(next)); },
        [&] {
          swap();
          (void)attach(index);  // what could be watched until now
        });
  auto attached = attach(index);
  if (!attached) {
    swap();
    hand_back(before, noted);
    (void)attach(index);
  }
  return attached;
}

KernelResult<void> Switch::move_port(PortIndex index, std::size_t worker) {
  Entry& entry = entries_[to_size(index)];
  const auto give_to = [&](std::size_t other) {
    release_workers(entry);
    entry.worker = other;
    engage_workers(entry);
  };
  const std::size_t before = entry.worker;
  if (!is_in_force(index)) {
    give_to(worker);
    return {};
  }
  // The old workers have sent all that they took in when they let go of the port.
  detach(index);
  give_to(worker);
  auto attached = attach(index);
  if (!attached) {
    give_to(before);
    (void)attach(index);  // what could be watched until now
  }
  return attached;
}

std::size_t Switch::worker_of(const Entry& entry, std::size_t queue) const {
  return (entry.worker + queue) % pool_.count();
}

void Switch::engage_workers(const Entry& entry) {
  for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
    pool_.engage_worker(worker_of(entry, queue));
  }
}

void Switch::release_workers(const Entry& entry) {
  for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
    pool_.release_worker(worker_of(entry, queue));
  }
}

KernelResult<void> Switch::attach(PortIndex index) {
  const Entry& added = entry(index);
  KernelResult<void> attached;
  for (std::size_t queue = 0; is_receiving_ && attached && queue < added.port->queue_count();
       ++queue) {
    const auto attach_queue = [&](Worker& worker) {
      attached = worker.attach(id_, index, queue, on_news_);
    };
    pool_.run_on(pool_.worker(worker_of(added, queue)), std::ref(attach_queue));
  }
  if (!attached) {
    detach(index);
  }
  return attached;
}

void Switch::detach(PortIndex index) {
  const Entry& old = entry(index);
  for (std::size_t queue = 0; queue < old.port->queue_count(); ++queue) {
    pool_.run_on(pool_.worker(worker_of(old, queue)),
                 [this, index](Worker& each) { each.detach(id_, index); });
  }
}

KernelResult<void> Switch::begin_receiving() {
  KernelResult<void> first;
  if (std::exchange(is_receiving_, true)) {
    return first;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto index = static_cast<PortIndex>(i);
    if (is_in_force(index) && !noted_.coming.test(i)) {
      if (auto attached = attach(index); !attached && first) {
        first = std::move(attached);
      }
    }
  }
  return first;
}

void Switch::stop_receiving() {
  is_receiving_ = false;
  pool_.run_on_all([this](Worker& worker) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      worker.detach(id_, static_cast<PortIndex>(i));
    }
  });
}

bool Switch::send(PortIndex index, std::span<const std::byte> frame) {
  if (frame.size() < FrameView::header_size || frame.size() > FrameBuffer::max_frame_size ||
      unsent_->load() >= most_unsent) {
    return false;
  }
  unsent_->fetch_add(1);
  // The port's own worker lets go of it before the index is another's.
  Worker& worker = pool_.worker(entry(index).worker);
  worker.post([&worker, id = id_, index, unsent = unsent_,
               bytes = std::vector<std::byte>(frame.begin(), frame.end())] {
    worker.send(id, index, bytes);
    unsent->fetch_sub(1);
  });
  return true;
}

PortTotals Switch::totals(PortIndex index) const {
  PortTotals sum;
  for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
    add(sum, entry(index).counters[worker]);
  }
  pool_.adopters().add_totals(id_, index, sum);
  return sum;
}

std::array<std::uint64_t, flood_kind_count> Switch::storm_drops(PortIndex index) const {
  std::array<std::uint64_t, flood_kind_count> sum{};
  for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
    for (const FloodKind kind : flood_kinds) {
      sum[to_size(kind)] += entry(index).counters[worker].storm_drops[to_size(kind)].value();
    }
  }
  return sum;
}

VlanTotals Switch::vlan_totals(VlanId vid) const {
  VlanTotals sum;
  for (const auto& counters : vlan_counters_) {
    add(sum, counters[vid]);
  }
  pool_.adopters().add_totals(id_, vid, sum);
  return sum;
}

}  // namespace tapswitch
