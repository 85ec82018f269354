// SPDX-License-Identifier: Apache-2.0
// port_numbers.hpp: gives each port a small number, by which those know it who know no names, as
// collectors of sFlow do.
//
// A number belongs to a name: a port that is opened anew, or comes again, has the one that it had.
// It is given to no other name until most_numbers have been given; then those of names that no port
// has are given again. Threads: the control thread.
// Limits: most_numbers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "control/network/inventory.hpp"

namespace tapswitch::network {

class PortNumbers {
 public:
  static constexpr std::uint32_t most_numbers = 1'000'000;

  // The inventory must outlive it.
  explicit PortNumbers(const Inventory& inventory, std::uint32_t most = most_numbers)
      : inventory_(inventory), most_(most) {}

  // Returns the number of the name.
  std::uint32_t of(const std::string& name) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
      return found->second;
    }
    if (by_name_.size() >= most_) {
      forget_unused();
    }
    do {
      last_ = last_ % most_ + 1;
    } while (used_.contains(last_) && used_.size() < most_);
    return note(name, last_);
  }

  // The name had this number in another process. Requires: it has none yet.
  void take_over(const std::string& name, std::uint32_t number) {
    if (number >= 1 && number <= most_ && !used_.contains(number) && !by_name_.contains(name)) {
      (void)note(name, number);
    }
  }
  // The last number that was given there.
  void go_on_behind(std::uint32_t last) { last_ = last % most_; }
  [[nodiscard]] std::uint32_t last() const { return last_; }

 private:
  std::uint32_t note(const std::string& name, std::uint32_t number) {
    by_name_.emplace(name, number);
    used_.insert(number);
    return number;
  }

  void forget_unused() {
    std::erase_if(by_name_, [this](const auto& each) {
      return !inventory_.ports().contains(each.first) && used_.erase(each.second) != 0;
    });
  }

  const Inventory& inventory_;
  const std::uint32_t most_;
  std::map<std::string, std::uint32_t> by_name_;
  std::set<std::uint32_t> used_;
  std::uint32_t last_ = 0;
};

}  // namespace tapswitch::network
