// SPDX-License-Identifier: Apache-2.0
// undo.hpp: takes back, in reverse order, the steps of a change that did not come to its end.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace tapswitch::network {

class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      (*step)();
    }
  }

  // 'step' must not throw.
  void push(std::function<void()> step) { steps_.push_back(std::move(step)); }

  // The change is complete: nothing is taken back.
  void keep() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};

}  // namespace tapswitch::network
