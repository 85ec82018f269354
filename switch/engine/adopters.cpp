// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/adopters.hpp"

#include <array>
#include <exception>

namespace tapswitch {

void Adopters::hand_over(std::span<const Adoption> next, std::span<const Adoption> before) {
  withdraw(next);
  try {
    for (Adopter* adopter : list_) {
      adopter->adopt_all(next);
    }
  } catch (...) {
    go_back(before);
    throw;
  }
}

void Adopters::hand_over(SwitchId id, const std::shared_ptr<const Picture>& next,
                         const std::shared_ptr<const Picture>& before) {
  hand_over(std::array{Adoption{id, next}}, std::array{Adoption{id, before}});
}

void Adopters::withdraw(std::span<const Adoption> all) noexcept {
  for (auto adopter = list_.rbegin(); adopter + 1 != list_.rend(); ++adopter) {
    for (const Adoption& each : all) {
      (*adopter)->withdraw(each.id);
    }
  }
}

void Adopters::go_back(std::span<const Adoption> before) noexcept {
  withdraw(before);
  list_.front()->adopt_all(before);
  try {
    for (std::size_t i = 1; i < list_.size(); ++i) {
      list_[i]->adopt_all(before);
    }
  } catch (const std::exception&) {
    // The refusing one has withdrawn, as have all behind it: frames are left to the others.
  }
}

void Adopters::go_back(SwitchId id, const std::shared_ptr<const Picture>& before) noexcept {
  go_back(std::array{Adoption{id, before}});
}

}  // namespace tapswitch
