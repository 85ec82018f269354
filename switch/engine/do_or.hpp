// SPDX-License-Identifier: Apache-2.0
// do_or.hpp: takes back what was done when the step behind it throws.
#pragma once

namespace tapswitch {

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

}  // namespace tapswitch
