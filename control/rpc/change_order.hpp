// SPDX-License-Identifier: Apache-2.0
// change_order.hpp: sees to it that changes are made one after the other, in the order in which
// they were asked for: one that takes many turns keeps the others waiting, but nobody who only
// asks.
//
// Limits: one place for each line that is being answered. Threads: the control thread. Pure.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

namespace tapswitch::rpc {

class ChangeOrder {
 public:
  // A place in the order is held from the asking to the end of the change.
  class Place {
   public:
    explicit Place(ChangeOrder& order) : order_(order) { order.places_.push_back(this); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { order_.leave(this); }

    // Whether the change may be made now.
    [[nodiscard]] bool is_first() const { return order_.places_.front() == this; }

   private:
    ChangeOrder& order_;
  };

  [[nodiscard]] bool is_empty() const { return places_.empty(); }

  // Calls 'on_left' each time that the first has left, in the midst of what the leaver does: it
  // only passes the word on.
  void on_left(std::function<void()> on_left) { on_left_ = std::move(on_left); }

 private:
  void leave(const Place* place) {
    const bool was_first = places_.front() == place;
    std::erase(places_, place);
    if (was_first && on_left_) {
      on_left_();
    }
  }

  std::deque<const Place*> places_;
  std::function<void()> on_left_;
};

}  // namespace tapswitch::rpc
