// SPDX-License-Identifier: Apache-2.0
// pens.hpp: decides whose reply is written bit by bit, for what is written is in no budget before
// it is whole.
//
// Limits: at each entrance most_pens sessions write, and one of a user; the others wait, those of a
// user in the order of their asking. Threads: the control thread. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "control/server/turns.hpp"

namespace tapswitch::server {

class Pens {
 public:
  static constexpr std::size_t most_pens = 4;

  [[nodiscard]] bool has(const void* writer, Payer payer) const {
    return std::ranges::any_of(
        places_[static_cast<std::size_t>(payer.entrance)],
        [&](const Place& each) { return each.writer == writer && each.writes; });
  }

  // Returns whether 'writer', which stands for a session of 'payer', may write on. If not, it waits
  // from now on.
  [[nodiscard]] bool take(const void* writer, Payer payer) {
    std::deque<Place>& places = of(payer);
    auto own = std::ranges::find(places, writer, &Place::writer);
    if (own == places.end()) {
      places.push_back({writer, payer.uid, false});
      own = places.end() - 1;
    }
    const bool is_first_of_user = std::ranges::find(places, payer.uid, &Place::uid) == own;
    const auto writing = std::ranges::count(places, true, &Place::writes);
    own->writes =
        own->writes || (is_first_of_user && static_cast<std::size_t>(writing) < most_pens);
    return own->writes;
  }

  // Returns whether others may wait for that.
  bool lay_down(const void* writer, Payer payer) {
    std::deque<Place>& places = of(payer);
    return std::erase_if(places, [&](const Place& each) { return each.writer == writer; }) > 0 &&
           !places.empty();
  }

 private:
  struct Place {
    const void* writer;
    std::uint32_t uid;
    bool writes;
  };

  [[nodiscard]] std::deque<Place>& of(Payer payer) {
    return places_[static_cast<std::size_t>(payer.entrance)];
  }

  std::array<std::deque<Place>, entrance_kind_count> places_;
};

}  // namespace tapswitch::server
