// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/switch.hpp"

#include <algorithm>
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
    vlan_counters_.push_back(std::make_unique<VlanCounters[]>(vlan_table_size));
  }
  hand_over();
}

Switch::~Switch() {
  stop_receiving();
  pool_.run_on_all([this](Worker& worker) { worker.adopt(id_, nullptr); });
  std::vector<std::unique_ptr<Port>> ports;
  for (Entry& entry : entries_) {
    if (entry.port) {
      for (const std::size_t worker : workers_of(entry)) {
        pool_.release_worker(worker);
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

std::optional<PortIndex> Switch::add_port(std::unique_ptr<Port> port, const PortRule& rule,
                                          std::optional<std::size_t> worker) {
  const auto index = free_index();
  if (!index) {
    return std::nullopt;
  }
  Entry& added = entries_[to_size(*index)];
  added.port = std::move(port);
  added.counters = std::make_unique<PortCounters[]>(pool_.count());
  added.worker = worker.value_or(pool_.idlest_worker());
  rules_[to_size(*index)] = rule;
  hand_over();
  attach(*index);
  return index;
}

std::unique_ptr<Port> Switch::remove_port(PortIndex index) {
  detach(index);
  Entry removed = std::exchange(entries_[to_size(index)], Entry{});
  rules_[to_size(index)].reset();
  hand_over();
  // Only now: until the last worker had the new picture, the port could still be learned on.
  fdb_.flush({.port = index});
  return std::move(removed.port);
}

std::unique_ptr<Port> Switch::replace_port(PortIndex index, std::unique_ptr<Port> port) {
  detach(index);
  port.swap(entries_[to_size(index)].port);
  hand_over();
  attach(index);
  return port;
}

void Switch::move_port(PortIndex index, std::size_t worker) {
  // What the old workers have taken in, they have sent when they let go of the port.
  detach(index);
  entries_[to_size(index)].worker = worker;
  attach(index);
}

std::vector<std::size_t> Switch::workers_of(const Entry& entry) const {
  std::vector<std::size_t> workers;
  for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
    workers.push_back((entry.worker + queue) % pool_.count());
  }
  return workers;
}

void Switch::attach(PortIndex index) {
  for (const std::size_t worker : workers_of(entry(index))) {
    pool_.engage_worker(worker);
  }
  if (is_receiving_) {
    receive(index);
  }
}

void Switch::receive(PortIndex index) {
  std::size_t queue = 0;
  for (const std::size_t worker : workers_of(entry(index))) {
    Worker& receiver = pool_.worker(worker);
    pool_.run_on(receiver, [&] { receiver.attach(id_, index, queue, on_news_); });
    ++queue;
  }
}

void Switch::begin_receiving() {
  is_receiving_ = true;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].port) {
      receive(static_cast<PortIndex>(i));
    }
  }
}

void Switch::stop_receiving() {
  is_receiving_ = false;
  pool_.run_on_all([this](Worker& worker) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      worker.detach(id_, static_cast<PortIndex>(i));
    }
  });
}

void Switch::detach(PortIndex index) {
  for (const std::size_t worker : workers_of(entry(index))) {
    Worker& receiver = pool_.worker(worker);
    pool_.run_on(receiver, [&] { receiver.detach(id_, index); });
    pool_.release_worker(worker);
  }
}

void Switch::set_port_rule(PortIndex index, const PortRule& rule) {
  const PortRule old = std::exchange(*rules_[to_size(index)], rule);
  hand_over();
  if (old.vlan != rule.vlan) {
    fdb_.flush({.port = index, .kind = StationKind::dynamic_entry});
  }
}

void Switch::set_rule(const SwitchRule& rule) {
  rule_ = rule;
  hand_over();
}

void Switch::observe(PortIndex index, PortObserver* observer) {
  entries_[to_size(index)].observer = observer;
  hand_over();
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

void Switch::hand_over() {
  picture_ = draw();
  pool_.run_on_all([this](Worker& worker) { worker.adopt(id_, picture_); });
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
