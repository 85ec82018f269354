// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/switch.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <random>
#include <utility>

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

Switch::~Switch() {
  stop_receiving();
  pool_.run_on_all([this](Worker& worker) { worker.adopt(id_, nullptr); });
  std::vector<std::unique_ptr<Port>> ports;
  for (Entry& entry : entries_) {
    if (entry.port) {
      for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
        pool_.release_worker(worker_of(entry, queue));
      }
      ports.push_back(std::move(entry.port));
    }
  }
  close_together(std::move(ports));
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

// Each change draws the picture of how it will be before it does anything else, for of all its
// parts only that takes memory.
template <class TakeBack>
std::shared_ptr<const Picture> Switch::draw_or(const TakeBack& take_back) {
  try {
    return draw();
  } catch (...) {
    take_back();
    throw;
  }
}

KernelResult<PortIndex> Switch::add_port(std::unique_ptr<Port>&& port, const PortRule& rule,
                                         std::optional<std::size_t> worker) {
  const auto index = free_index();
  if (!index) {
    return kernel_error(EMFILE, "add_port", "add", "one more port to a switch");
  }
  Entry& added = entries_[to_size(*index)];
  added.counters = std::make_unique<PortCounters[]>(pool_.count());
  added.worker = worker.value_or(pool_.idlest_worker());
  added.port = std::move(port);
  rules_[to_size(*index)] = rule;
  const auto take_out = [&] {
    port = std::move(added.port);
    added = {};
    rules_[to_size(*index)].reset();
  };
  auto next = draw_or(take_out);
  const auto before = picture_;
  const Noted noted = noted_;
  hand_over(std::move(next));
  if (auto attached = attach(*index); !attached) {
    hand_back(before, noted);
    take_out();
    return attached.error();
  }
  return *index;
}

std::unique_ptr<Port> Switch::remove_port(PortIndex index) {
  Entry& entry = entries_[to_size(index)];
  Entry removed = std::exchange(entry, Entry{});
  const auto rule = std::exchange(rules_[to_size(index)], std::nullopt);
  auto next = draw_or([&] {
    entry = std::move(removed);
    rules_[to_size(index)] = rule;
  });
  detach(index, removed);
  hand_over(std::move(next));
  // Only now: until the last worker had the new picture, the port could still be learned on.
  fdb_.flush({.port = index});
  return std::move(removed.port);
}

KernelResult<void> Switch::replace_port(PortIndex index, std::unique_ptr<Port>& port) {
  Entry& entry = entries_[to_size(index)];
  port.swap(entry.port);
  auto next = draw_or([&] { port.swap(entry.port); });
  port.swap(entry.port);
  detach(index, entry);
  port.swap(entry.port);
  const auto before = picture_;
  const Noted noted = noted_;
  hand_over(std::move(next));
  auto attached = attach(index);
  if (!attached) {
    port.swap(entry.port);
    hand_back(before, noted);
    (void)attach(index);  // what could be watched until now
  }
  return attached;
}

KernelResult<void> Switch::move_port(PortIndex index, std::size_t worker) {
  Entry& entry = entries_[to_size(index)];
  // The old workers have sent all that they took in when they let go of the port.
  detach(index, entry);
  const std::size_t before = std::exchange(entry.worker, worker);
  auto attached = attach(index);
  if (!attached) {
    entry.worker = before;
    (void)attach(index);  // what could be watched until now
  }
  return attached;
}

std::size_t Switch::worker_of(const Entry& entry, std::size_t queue) const {
  return (entry.worker + queue) % pool_.count();
}

KernelResult<void> Switch::attach(PortIndex index) {
  const Entry& added = entry(index);
  for (std::size_t queue = 0; queue < added.port->queue_count(); ++queue) {
    pool_.engage_worker(worker_of(added, queue));
  }
  auto received = is_receiving_ ? receive(index) : KernelResult<void>();
  if (!received) {
    detach(index, added);
  }
  return received;
}

KernelResult<void> Switch::receive(PortIndex index) {
  const Entry& added = entry(index);
  for (std::size_t queue = 0; queue < added.port->queue_count(); ++queue) {
    KernelResult<void> attached;
    const auto attach_queue = [&](Worker& worker) {
      attached = worker.attach(id_, index, queue, on_news_);
    };
    pool_.run_on(pool_.worker(worker_of(added, queue)), std::ref(attach_queue));
    if (!attached) {
      return attached;
    }
  }
  return {};
}

KernelResult<void> Switch::begin_receiving() {
  KernelResult<void> first;
  if (std::exchange(is_receiving_, true)) {
    return first;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].port) {
      if (auto received = receive(static_cast<PortIndex>(i)); !received && first) {
        first = std::move(received);
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

void Switch::detach(PortIndex index, const Entry& entry) {
  for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
    const std::size_t worker = worker_of(entry, queue);
    pool_.run_on(pool_.worker(worker), [this, index](Worker& each) { each.detach(id_, index); });
    pool_.release_worker(worker);
  }
}

void Switch::set_port_rule(PortIndex index, const PortRule& rule) {
  auto& place = rules_[to_size(index)];
  const auto old = std::exchange(place, rule);
  const bool had_to_forget = noted_.to_forget.test(to_size(index));
  noted_.to_forget.set(to_size(index), had_to_forget || old->vlan != rule.vlan);
  apply_rules([&] {
    place = old;
    noted_.to_forget.set(to_size(index), had_to_forget);
  });
}

void Switch::set_rule(const SwitchRule& rule) {
  const SwitchRule old = std::exchange(rule_, rule);
  apply_rules([&] { rule_ = old; });
}

template <class TakeBack>
void Switch::apply_rules(const TakeBack& take_back) {
  if (is_composed_) {
    noted_.is_any = true;
  } else {
    hand_over(draw_or(take_back));
  }
}

void Switch::commit() {
  is_composed_ = false;
  if (noted_.is_any) {
    hand_over(draw());
  }
}

void Switch::observe(PortIndex index, PortObserver* observer) {
  PortObserver*& place = entries_[to_size(index)].observer;
  PortObserver* const before = std::exchange(place, observer);
  hand_over(draw_or([&] { place = before; }));
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

std::shared_ptr<const Picture> Switch::draw() {
  auto picture = std::make_shared<Picture>();
  picture->snapshot = Snapshot(rule_, rules_);
  for (const Entry& entry : entries_) {
    picture->slots.push_back({.port = entry.port.get(),
                              .counters = entry.counters.get(),
                              .offloads = entry.port ? entry.port->offloads() : OffloadSet{},
                              .keeps_back = entry.port && entry.port->keeps_back(),
                              .observer = entry.observer});
  }
  picture->fdb = &fdb_;
  picture->punts = &punts_;
  for (const auto& counters : vlan_counters_) {
    picture->vlan_counters.push_back(counters.get());
  }
  return picture;
}

void Switch::hand_over(std::shared_ptr<const Picture> picture) {
  pool_.run_on_all([this, &picture](Worker& worker) { worker.adopt(id_, picture); });
  picture_ = std::move(picture);
  noted_.is_any = false;
  // Only now: until the last worker had the new picture, stations could be learned by the old
  // rules.
  if (noted_.to_forget.any()) {
    fdb_.flush_learned(noted_.to_forget);
    noted_.to_forget.reset();
  }
}

void Switch::hand_back(std::shared_ptr<const Picture> picture, const Noted& noted) {
  hand_over(std::move(picture));
  noted_ = noted;
}

PortTotals Switch::totals(PortIndex index) const {
  PortTotals sum;
  for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
    add(sum, entry(index).counters[worker]);
  }
  return sum;
}

VlanTotals Switch::vlan_totals(VlanId vid) const {
  VlanTotals sum;
  for (const auto& counters : vlan_counters_) {
    add(sum, counters[vid]);
  }
  return sum;
}

}  // namespace tapswitch
