// SPDX-License-Identifier: Apache-2.0
// adopters.hpp: whoever forwards by the pictures of switches, and how all of them come to the next
// one.
//
// Theory of operation: the workers come first in the list, and can forward everything; each one
// behind them takes frames off those before it. So the last withdraws first and adopts last: no
// frame is treated by two pictures at once in a way that no worker would. If one refuses a picture,
// all go on by the one before. Threads: the control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "switch/engine/picture.hpp"

namespace tapswitch {

// Names one switch among those of its adopters.
enum class SwitchId : std::uint32_t {};

// The next picture of a switch; null: the switch is gone.
struct Adoption {
  SwitchId id{};
  std::shared_ptr<const Picture> picture;
};

class Adopter {
 public:
  Adopter() = default;
  Adopter(const Adopter&) = delete;
  Adopter& operator=(const Adopter&) = delete;
  virtual ~Adopter() = default;

  // Leaves all frames of 'id' to those before it in the list, until it adopts a picture again. No
  // thread of its own looks at the old picture when this returns. The first is not asked.
  virtual void withdraw(SwitchId id) noexcept = 0;

  // From now on treats frames of these switches by these pictures. Throws if it cannot with one of
  // them: then it has withdrawn there.
  virtual void adopt_all(std::span<const Adoption> all) = 0;

  // Adds what has been counted elsewhere than in the counters of the picture.
  virtual void add_totals(SwitchId /*id*/, PortIndex /*port*/, PortTotals& /*sum*/) const {}
  virtual void add_totals(SwitchId /*id*/, VlanId /*vid*/, VlanTotals& /*sum*/) const {}
};

class Adopters {
 public:
  // 'first' can forward everything.
  explicit Adopters(Adopter& first) : list_{&first} {}

  // Puts one more at the end. It must outlive the switches. Requires: there is none yet.
  void add(Adopter& adopter) { list_.push_back(&adopter); }

  // Returns when all have adopted 'next'. Throws what one has thrown: then all have 'before', but
  // for who refuses even that and has withdrawn. Both are of the same switches.
  void hand_over(std::span<const Adoption> next, std::span<const Adoption> before);
  void hand_over(SwitchId id, const std::shared_ptr<const Picture>& next,
                 const std::shared_ptr<const Picture>& before);

  // Adds what they have counted elsewhere than in the counters of the picture. 'Of' is a PortIndex
  // or a VlanId.
  template <class Of, class Totals>
  void add_totals(SwitchId id, Of of, Totals& sum) const {
    for (const Adopter* adopter : list_) {
      adopter->add_totals(id, of, sum);
    }
  }

  // Returns when all have 'before' again, but for who refuses it. Ends the process if that is the
  // first.
  void go_back(std::span<const Adoption> before) noexcept;
  void go_back(SwitchId id, const std::shared_ptr<const Picture>& before) noexcept;

 private:
  void withdraw(std::span<const Adoption> all) noexcept;

  std::vector<Adopter*> list_;
};

}  // namespace tapswitch
