// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/adopters.hpp"

#include <exception>

namespace tapswitch {

void Adopters::hand_over(SwitchId id, const std::shared_ptr<const Picture>& next,
                         const std::shared_ptr<const Picture>& before) {
  withdraw(id);
  try {
    for (Adopter* adopter : list_) {
      adopter->adopt(id, next);
    }
  } catch (...) {
    go_back(id, before);
    throw;
  }
}

void Adopters::withdraw(SwitchId id) noexcept {
  for (auto adopter = list_.rbegin(); adopter + 1 != list_.rend(); ++adopter) {
    (*adopter)->withdraw(id);
  }
}

void Adopters::go_back(SwitchId id, const std::shared_ptr<const Picture>& before) noexcept {
  withdraw(id);
  list_.front()->adopt(id, before);
  try {
    for (std::size_t i = 1; i < list_.size(); ++i) {
      list_[i]->adopt(id, before);
    }
  } catch (const std::exception&) {
    // The refusing one has withdrawn, as have all behind it: frames are left to the others.
  }
}

}  // namespace tapswitch
