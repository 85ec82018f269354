// SPDX-License-Identifier: Apache-2.0
// switch_pictures.cpp: the part of Switch that notes what changes, draws pictures of it, and hands
// them over.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "switch/engine/do_or.hpp"
#include "switch/engine/switch.hpp"

namespace tapswitch {

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

void Switch::set_rule(const SwitchRule& rule) {
  const SwitchRule old = std::exchange(rule_, rule);
  apply_rules([&] { rule_ = old; });
}

void Switch::set_mirrors(MirrorRules mirrors) {
  if (mirror_buffers_ == nullptr && !mirrors.empty()) {
    auto buffers = std::make_shared<MirrorBuffers>();
    for (std::size_t worker = 0; worker < pool_.count(); ++worker) {
      buffers->push_back(std::make_unique<FrameBuffer>());
    }
    mirror_buffers_ = std::move(buffers);
  }
  const auto before = noted_.other_vlans;
  for (const MirrorRule& mirror : mirrors) {
    noted_.other_vlans.set(to_size(mirror.to));
  }
  MirrorRules old = std::exchange(mirrors_, std::move(mirrors));
  apply_rules([&] {
    mirrors_ = std::move(old);
    noted_.other_vlans = before;
  });
}

bool Switch::is_destination(PortIndex index) const {
  return std::ranges::any_of(mirrors_, [&](const MirrorRule& each) { return each.to == index; });
}

void Switch::leave_mirrors(PortIndex index) {
  std::erase_if(mirrors_, [&](const MirrorRule& each) { return each.to == index; });
  for (MirrorRule& each : mirrors_) {
    each.from.reset(to_size(index));
  }
}

template <class TakeBack>
void Switch::apply_rules(const TakeBack& take_back) {
  if (is_composed_) {
    noted_.is_any_rule = true;
  } else {
    do_or([this] { hand_over(draw()); }, take_back);
  }
}

void Switch::set_port_state(PortIndex index, const PortState& state) {
  PortState& place = entries_[to_size(index)].state;
  if (place == state) {
    return;
  }
  const PortState old = std::exchange(place, state);
  if (!is_in_force(index)) {
    return;
  }
  const bool had_lost = noted_.link_lost.test(to_size(index));
  noted_.link_lost.set(to_size(index), had_lost || !state.learns());
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

void Switch::follow_offloads(PortIndex index) {
  if (is_in_force(index) && picture_->slot(index).offloads != entry(index).port->offloads()) {
    hand_over_state(draw(picture_->snapshot));
  }
}

void Switch::observe(PortIndex index, PortObserver* observer) {
  observe(std::array{std::pair{index, observer}});
}

void Switch::observe(std::span<const std::pair<PortIndex, PortObserver*>> observers) {
  std::vector<PortObserver*> before;
  before.reserve(observers.size());
  bool is_any_in_force = false;
  for (const auto& [index, observer] : observers) {
    before.push_back(std::exchange(entries_[to_size(index)].observer, observer));
    is_any_in_force = is_any_in_force || is_in_force(index);
  }
  if (!is_any_in_force) {
    return;
  }
  do_or([this] { hand_over_state(draw(picture_->snapshot)); },
        [&] {
          for (std::size_t i = observers.size(); i-- > 0;) {
            entries_[to_size(observers[i].first)].observer = before[i];
          }
        });
}

std::vector<std::optional<PortRule>> Switch::coming_rules() const {
  auto rules = rules_;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (noted_.going.test(i)) {
      rules[i].reset();
    }
  }
  for (const MirrorRule& mirror : mirrors_) {
    if (auto& rule = rules[to_size(mirror.to)]) {
      rule->vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet()};
    }
  }
  return rules;
}

std::shared_ptr<const Picture> Switch::draw() {
  return draw(noted_.going.none() && mirrors_.empty()
                  ? std::make_shared<const Snapshot>(rule_, rules_)
                  : std::make_shared<const Snapshot>(rule_, coming_rules()));
}

std::shared_ptr<const Picture> Switch::draw(std::shared_ptr<const Snapshot> snapshot) {
  auto picture = std::make_shared<Picture>();
  picture->snapshot = std::move(snapshot);
  picture->slots.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (picture->snapshot->has_port(static_cast<PortIndex>(i))) {
      picture->slots.push_back({.port = entry.port.get(),
                                .counters = entry.counters.get(),
                                .offloads = entry.port->offloads(),
                                .keeps_back = entry.port->keeps_back(),
                                .least_frame_size = entry.port->least_frame_size(),
                                .state = entry.state,
                                .observer = entry.observer,
                                .is_watched = entry.observer != nullptr,
                                .forwards = entry.state.forwards(),
                                .learns = entry.state.learns(),
                                .lets_out = entry.state.lets_out()});
    } else {
      picture->slots.emplace_back();
    }
  }
  set_storm_gates(*picture);
  picture->fdb = &fdb_;
  picture->punts = &punts_;
  for (const auto& counters : vlan_counters_) {
    picture->vlan_counters.push_back(counters.get());
  }
  // Mirrors go with the rules.
  const bool has_old_rules = picture_ != nullptr && picture->snapshot == picture_->snapshot;
  Mirroring::lay(*picture,
                 has_old_rules ? picture_->mirrors : std::make_shared<const MirrorRules>(mirrors_),
                 mirror_buffers_);
  return picture;
}

// A gate whose limits stay keeps its state, so that other changes give no burst away.
void Switch::set_storm_gates(Picture& picture) const {
  const auto rules = picture.snapshot->storm_rules();
  if (rules.empty()) {
    return;
  }
  picture.storm_gates.resize(picture.slots.size());
  for (const auto& [index, rule] : rules) {
    auto& gate = picture.storm_gates[to_size(index)];
    const std::uint32_t speed = picture.slot(index).state.speed;
    if (picture_ != nullptr && to_size(index) < picture_->storm_gates.size()) {
      gate = picture_->storm_gates[to_size(index)];
    }
    if (gate == nullptr || !gate->is_of(rule, speed)) {
      gate = std::make_shared<StormGate>(rule, speed);
    }
  }
}

void Switch::hand_over(std::shared_ptr<const Picture> picture) {
  do_or([&] { pool_.adopters().hand_over(id_, picture, picture_); }, [this] { attach_going(); });
  settle(std::move(picture));
}

void Switch::hand_over_state(std::shared_ptr<const Picture> picture) {
  pool_.adopters().hand_over(id_, picture, picture_);
  settle_state(std::move(picture));
}

void Switch::settle_state(std::shared_ptr<const Picture> picture) {
  picture_ = std::move(picture);
  noted_.is_any_state = false;
  forget_what_changed(false);
}

void Switch::settle(std::shared_ptr<const Picture> picture) {
  picture_ = std::move(picture);
  noted_.is_any_state = false;
  noted_.is_any_rule = false;
  forget_what_changed(true);
}

// Only when all have adopted the picture: until then stations could be learned by the one before.
void Switch::forget_what_changed(bool has_rules) {
  const auto none_on = [this](const Noted::PortSet& ports) {
    for (std::size_t i = 0; ports.any() && i < entries_.size(); ++i) {
      if (ports.test(i) && fdb_.count_on(static_cast<PortIndex>(i)) > 0) {
        return false;
      }
    }
    return true;
  };
  const bool is_none = none_on(noted_.link_lost) &&
                       (!has_rules || (none_on(noted_.other_vlans) && none_on(noted_.going)));
  if (!is_none) {
    fdb_.flush_learned([&](Station station, PortIndex port) {
      const std::size_t i = to_size(port);
      return noted_.link_lost.test(i) ||
             (has_rules && (noted_.going.test(i) ||
                            (noted_.other_vlans.test(i) && rules_[i] &&
                             (is_destination(port) || !rules_[i]->vlan.carries(station.vid)))));
    });
  }
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

KernelResult<void> Switch::commit() {
  end_change();
  const auto refusal = bring();
  return refusal ? KernelResult<void>(refusal->error) : KernelResult<void>();
}

bool Switch::has_noted() const {
  if (noted_.is_any_rule || noted_.is_any_state || noted_.coming.any()) {
    return true;
  }
  for (std::size_t i = 0; noted_.going.any() && i < entries_.size(); ++i) {
    if (noted_.going.test(i) && is_in_force(static_cast<PortIndex>(i))) {
      return true;
    }
  }
  return false;
}

std::optional<Switch::Refusal> Switch::bring() { return bring_all(std::array{this}); }

std::optional<Switch::Refusal> Switch::bring_all(std::span<Switch* const> switches) {
  std::vector<Switch*> changing;
  std::ranges::copy_if(switches, std::back_inserter(changing), &Switch::has_noted);
  if (changing.empty()) {
    return std::nullopt;
  }
  std::vector<Adoption> next;
  std::vector<Adoption> before;
  for (Switch* each : changing) {
    next.push_back({each->id_, each->draw()});
    before.push_back({each->id_, each->picture_});
  }
  Adopters& adopters = changing.front()->pool_.adopters();
  const auto attach_going = [&] { std::ranges::for_each(changing, &Switch::attach_going); };
  do_or([&] { adopters.hand_over(next, before); }, attach_going);
  const auto go_back = [&] {
    std::ranges::for_each(changing, &Switch::detach_coming);
    adopters.go_back(before);
    attach_going();
  };
  auto refusal = do_or([&] { return attach_coming(changing); }, go_back);
  if (refusal) {
    go_back();
    return refusal;
  }
  for (std::size_t i = 0; i < changing.size(); ++i) {
    changing[i]->settle(std::move(next[i].picture));
    changing[i]->noted_.coming.reset();
  }
  return std::nullopt;
}

std::optional<Switch::Refusal> Switch::attach_coming(std::span<Switch* const> switches) {
  if (std::ranges::none_of(switches, [](const Switch* each) {
        return each->is_receiving_ && each->noted_.coming.any();
      })) {
    return std::nullopt;
  }
  WorkerPool& pool = switches.front()->pool_;
  std::vector<std::optional<Refusal>> refusals(pool.count());
  pool.run_on_all([&](Worker& worker) {
    std::optional<Refusal>& refusal = refusals[worker.number()];
    for (auto each = switches.begin(); each != switches.end() && !refusal; ++each) {
      refusal = (*each)->attach_coming_to(worker);
    }
  });
  const auto found =
      std::ranges::find_if(refusals, [](const auto& refusal) { return refusal.has_value(); });
  return found == refusals.end() ? std::nullopt : *found;
}

std::optional<Switch::Refusal> Switch::attach_coming_to(Worker& worker) const {
  for (std::size_t i = 0; is_receiving_ && i < entries_.size(); ++i) {
    const Entry& added = entries_[i];
    const std::size_t queues = noted_.coming.test(i) ? added.port->queue_count() : 0;
    for (std::size_t queue = 0; queue < queues; ++queue) {
      if (worker_of(added, queue) != worker.number()) {
        continue;
      }
      const auto index = static_cast<PortIndex>(i);
      if (auto attached = worker.attach(id_, index, queue, on_news_); !attached) {
        return Refusal{attached.error(), this, index};
      }
    }
  }
  return std::nullopt;
}

// Forgets what was learned there meanwhile, too.
void Switch::detach_coming() noexcept {
  if (noted_.coming.none()) {
    return;
  }
  pool_.run_on_all([this](Worker& worker) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (noted_.coming.test(i)) {
        worker.detach(id_, static_cast<PortIndex>(i));
      }
    }
  });
  fdb_.flush_learned(
      [this](Station /*station*/, PortIndex port) { return noted_.coming.test(to_size(port)); });
}

void Switch::attach_going() noexcept {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto index = static_cast<PortIndex>(i);
    if (noted_.going.test(i) && !noted_.coming.test(i) && is_in_force(index)) {
      (void)attach(index);  // what could be watched until now
    }
  }
}

}  // namespace tapswitch
