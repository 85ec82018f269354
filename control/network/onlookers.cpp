// SPDX-License-Identifier: Apache-2.0
#include "control/network/onlookers.hpp"

#include <algorithm>
#include <utility>

#include "switch/engine/switch.hpp"

namespace tapswitch::network {

// Asks several, in the order of their kinds.
class Onlookers::Several final : public PortObserver {
 public:
  explicit Several(const std::array<PortObserver*, kind_count>& all) : all_(all) {}

  [[nodiscard]] std::optional<DropReason> received(std::size_t worker, const FrameBuffer& frame,
                                                   VlanId vid, TimePoint now) noexcept override {
    std::optional<DropReason> reason;
    for (PortObserver* each : all_) {
      const auto its_reason = each->received(worker, frame, vid, now);
      reason = reason ? reason : its_reason;
    }
    return reason;
  }
  void cuts(std::size_t worker, const FrameBuffer& frame) noexcept override {
    for (PortObserver* each : all_) {
      each->cuts(worker, frame);
    }
  }
  void sends(std::size_t worker, const FrameBuffer& frame, VlanId vid) noexcept override {
    for (PortObserver* each : all_) {
      each->sends(worker, frame, vid);
    }
  }
  void drops(std::size_t worker, const FrameBuffer& frame, const Drop& drop) noexcept override {
    for (PortObserver* each : all_) {
      each->drops(worker, frame, drop);
    }
  }

 private:
  const std::array<PortObserver*, kind_count> all_;
};

void Onlookers::set(Switch& engine, Kind kind, const std::vector<Change>& changes) {
  forget_gone();
  std::vector<std::pair<PortIndex, PortObserver*>> observers;
  observers.reserve(changes.size());
  std::map<std::string, Watched> coming;
  for (const Change& change : changes) {
    Watched& watched =
        coming.insert_or_assign(change.port->spec.name, changed(kind, change)).first->second;
    const auto first =
        std::ranges::find_if(watched.observers, [](const auto* each) { return each != nullptr; });
    PortObserver* const alone = first != watched.observers.end() ? *first : nullptr;
    observers.emplace_back(change.port->index, watched.several ? watched.several.get() : alone);
  }
  for (const Change& change : changes) {
    watched_.try_emplace(change.port->spec.name);  // so that what follows takes no memory
  }
  engine.observe(observers);
  for (auto& [name, watched] : coming) {
    watched_.find(name)->second = std::move(watched);
  }
}

// The engine has forgotten the observers of ports that are gone.
void Onlookers::forget_gone() {
  std::erase_if(watched_, [this](const auto& each) {
    const auto port = inventory_.ports().find(each.first);
    const bool is_looked_at =
        std::ranges::count(each.second.observers, nullptr) != std::ptrdiff_t{kind_count};
    return !is_looked_at || port == inventory_.ports().end() ||
           port->second.added != each.second.added;
  });
}

Onlookers::Watched Onlookers::changed(Kind kind, const Change& change) const {
  Watched next;
  if (const auto found = watched_.find(change.port->spec.name); found != watched_.end()) {
    next.observers = found->second.observers;
  }
  next.added = change.port->added;
  next.observers[static_cast<std::size_t>(kind)] = change.observer;
  if (std::ranges::count(next.observers, nullptr) == 0) {
    next.several = std::make_unique<Several>(next.observers);
  }
  return next;
}

}  // namespace tapswitch::network
