// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/switch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <random>
#include <utility>

#include "switch/ports/close_together.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t vlan_table_size = reserved_vlan;

// Does 'step', and takes back what was before it if it throws.
template <class Step, class TakeBack>
auto do_or(const Step& step, const TakeBack& take_back) {
  try {
    return step();
  } catch (...) {
    take_back();
    throw;
  }
}

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
      for (std::size_t queue = 0; queue < entry.port->queue_count(); ++queue) {
        pool_.release_worker(worker_of(entry, queue));
      }
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
  added.state = state;
  rules_[to_size(*index)] = rule;
  const auto take_out = [&] {
    port = std::move(added.port);
    added = {};
    rules_[to_size(*index)].reset();
  };
  const auto before = picture_;
  const Noted noted = noted_;
  do_or([this] { hand_over(draw()); }, take_out);
  if (auto attached = attach(*index); !attached) {
    hand_back(before, noted);
    take_out();
    return attached.error();
  }
  return *index;
}

// A picture is drawn before the kernel is asked for anything: it may be that there is no memory.
std::unique_ptr<Port> Switch::remove_port(PortIndex index) {
  Entry& entry = entries_[to_size(index)];
  Entry removed = std::exchange(entry, Entry{});
  const auto rule = std::exchange(rules_[to_size(index)], std::nullopt);
  const auto put_back = [&] {
    entry = std::move(removed);
    rules_[to_size(index)] = rule;
  };
  auto next = do_or([this] { return draw(); }, put_back);
  detach(index, removed);
  do_or([&] { hand_over(std::move(next)); },
        [&] {
          put_back();
          (void)attach(index);  // what could be watched until now
        });
  // Only now: until the last worker had the new picture, the port could still be learned on.
  fdb_.flush({.port = index});
  return std::move(removed.port);
}

KernelResult<void> Switch::replace_port(PortIndex index, std::unique_ptr<Port>& port) {
  Entry& entry = entries_[to_size(index)];
  const auto swap = [&] { port.swap(entry.port); };
  swap();
  auto next = do_or([this] { return draw(); }, swap);
  swap();
  detach(index, entry);
  swap();
  const auto before = picture_;
  const Noted noted = noted_;
  do_or([&] { hand_over(std::move(next)); },
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
  const bool had_other = noted_.other_vlans.test(to_size(index));
  noted_.other_vlans.set(to_size(index), had_other || old->vlan != rule.vlan);
  apply_rules([&] {
    place = old;
    noted_.other_vlans.set(to_size(index), had_other);
  });
}

void Switch::set_port_state(PortIndex index, const PortState& state) {
  PortState& place = entries_[to_size(index)].state;
  if (place == state) {
    return;
  }
  const PortState old = std::exchange(place, state);
  const bool had_lost = noted_.link_lost.test(to_size(index));
  noted_.link_lost.set(to_size(index), had_lost || state.link != PortLink::up);
  if (is_gathering_) {
    noted_.is_any_state = true;
    return;
  }
  do_or([this] { hand_over_state(draw(picture_->snapshot)); },
        [&] {
          place = old;
          noted_.link_lost.set(to_size(index), had_lost);
        });
}

void Switch::bring_states() {
  is_gathering_ = false;
  if (noted_.is_any_state) {
    hand_over_state(draw(picture_->snapshot));
  }
}

void Switch::set_rule(const SwitchRule& rule) {
  const SwitchRule old = std::exchange(rule_, rule);
  apply_rules([&] { rule_ = old; });
}

template <class TakeBack>
void Switch::apply_rules(const TakeBack& take_back) {
  if (is_composed_) {
    noted_.is_any_rule = true;
  } else {
    do_or([this] { hand_over(draw()); }, take_back);
  }
}

void Switch::commit() {
  is_composed_ = false;
  if (noted_.is_any_rule) {
    hand_over(draw());
  }
}

void Switch::observe(PortIndex index, PortObserver* observer) {
  observe(std::array{std::pair{index, observer}});
}

void Switch::observe(std::span<const std::pair<PortIndex, PortObserver*>> observers) {
  std::vector<PortObserver*> before;
  before.reserve(observers.size());
  for (const auto& [index, observer] : observers) {
    before.push_back(std::exchange(entries_[to_size(index)].observer, observer));
  }
  do_or([this] { hand_over_state(draw(picture_->snapshot)); },
        [&] {
          for (std::size_t i = observers.size(); i-- > 0;) {
            entries_[to_size(observers[i].first)].observer = before[i];
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

std::shared_ptr<const Picture> Switch::draw() {
  return draw(std::make_shared<const Snapshot>(rule_, rules_));
}

std::shared_ptr<const Picture> Switch::draw(std::shared_ptr<const Snapshot> snapshot) {
  auto picture = std::make_shared<Picture>();
  picture->snapshot = std::move(snapshot);
  picture->slots.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    picture->slots.push_back({.port = entry.port.get(),
                              .counters = entry.counters.get(),
                              .offloads = entry.port ? entry.port->offloads() : OffloadSet{},
                              .keeps_back = entry.port && entry.port->keeps_back(),
                              .least_frame_size = entry.port ? entry.port->least_frame_size() : 0,
                              .state = entry.state,
                              .observer = entry.observer});
  }
  picture->fdb = &fdb_;
  picture->punts = &punts_;
  for (const auto& counters : vlan_counters_) {
    picture->vlan_counters.push_back(counters.get());
  }
  return picture;
}

void Switch::hand_over_state(std::shared_ptr<const Picture> picture) {
  pool_.adopters().hand_over(id_, picture, picture_);
  picture_ = std::move(picture);
  noted_.is_any_state = false;
  forget_what_changed(false);
}

void Switch::hand_over(std::shared_ptr<const Picture> picture) {
  hand_over_state(std::move(picture));
  noted_.is_any_rule = false;
  forget_what_changed(true);
}

// Only when all have adopted the picture: until then stations could be learned by the one before.
void Switch::forget_what_changed(bool has_rules) {
  if (noted_.link_lost.none() && (!has_rules || noted_.other_vlans.none())) {
    return;
  }
  fdb_.flush_learned([&](Station station, PortIndex port) {
    const auto& rule = rules_[to_size(port)];
    return noted_.link_lost.test(to_size(port)) ||
           (has_rules && noted_.other_vlans.test(to_size(port)) && rule &&
            !rule->vlan.carries(station.vid));
  });
  noted_.link_lost.reset();
  if (has_rules) {
    noted_.other_vlans.reset();
  }
}

void Switch::hand_back(std::shared_ptr<const Picture> picture, const Noted& noted) {
  pool_.adopters().go_back(id_, picture);
  picture_ = std::move(picture);
  noted_ = noted;
}

PortTotals Switch::totals(PortIndex index) const {
  PortTotals sum;
  for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
    add(sum, entry(index).counters[worker]);
  }
  pool_.adopters().add_totals(id_, index, sum);
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
